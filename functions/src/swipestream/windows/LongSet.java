package swipestream.windows;

/** A set of longs that is cleared in constant time, so that one set serves every row. */
final class LongSet {
    private static final int SMALLEST = 64;

    private long[] values = new long[SMALLEST];

    /** A place is taken if it has the number of this round. */
    private int[] takenIn = new int[SMALLEST];

    private int round = 1;
    private int size;

    void clear() {
        size = 0;
        if (++round == 0) {
            takenIn = new int[values.length];
            round = 1;
        }
    }

    int size() {
        return size;
    }

    void add(long value) {
        int place = place(value);
        if (takenIn[place] == round) {
            return;
        }
        values[place] = value;
        takenIn[place] = round;
        if (++size * 2 > values.length) {
            grow();
        }
    }

    /** Where the value is, or would be. */
    private int place(long value) {
        int mask = values.length - 1;
        int place = (int) Fingerprint.mixed(value) & mask;
        while (takenIn[place] == round && values[place] != value) {
            place = (place + 1) & mask;
        }
        return place;
    }

    private void grow() {
        long[] old = values;
        int[] oldTakenIn = takenIn;
        values = new long[2 * old.length];
        takenIn = new int[values.length];
        for (int i = 0; i < old.length; i++) {
            if (oldTakenIn[i] == round) {
                int place = place(old[i]);
                values[place] = old[i];
                takenIn[place] = round;
            }
        }
    }
}
