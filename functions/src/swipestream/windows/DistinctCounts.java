package swipestream.windows;

import java.util.Arrays;

/**
 * How many different values there are.
 *
 * <p>From one row in order to the next, this needs no set of values: a new value counts if the
 * frame does not have it already, and one that leaves stops counting if the frame does not have it
 * again. If many leave, or for a row out of order, one pass with a set serves all frames of a
 * series.
 */
final class DistinctCounts extends Passes {
    static final int BYTES = 4;

    /** If more leave at once, a pass over what stays costs less. */
    private static final int FEW = 8;

    private int[] count = new int[0];
    private boolean[] isStale = new boolean[0];
    private final LongSet seen = new LongSet();

    DistinctCounts(Frames frames) {
        super(frames);
    }

    @Override
    protected void allot(int slots) {
        count = Arrays.copyOf(count, slots);
        isStale = new boolean[series.size()];
    }

    @Override
    protected void begin() {
        seen.clear();
    }

    @Override
    protected void add(int s, Ledger ledger, int from, int to) {
        Series series = this.series.get(s);
        Column column = series.column();
        for (int i = to; i >= from; i--) {
            if (ledger.counts(series, i)) {
                seen.add(column.comparable(ledger.bits(column, i)));
            }
        }
    }

    @Override
    protected void end(int slot) {
        count[slot] = seen.size();
    }

    /** An entry enters every frame, after all others. */
    void enter(Ledger ledger, int at) {
        for (int s = 0; s < series.size(); s++) {
            Series entered = series.get(s);
            if (isStale[s] || !ledger.counts(entered, at)) {
                continue;
            }
            int[] slots = slotsOf.get(s);
            int least = at;
            for (int slot : slots) {
                least = Math.min(least, frames.from(frameOf[slot]));
            }
            long value = ledger.bits(entered.column(), at);
            int last = ledger.lastOf(entered, value, least, at - 1);
            for (int slot : slots) {
                if (last < frames.from(frameOf[slot])) {
                    count[slot]++;
                }
            }
        }
    }

    /**
     * Entries from one up to before another leave a frame.
     *
     * @param last the frame's last entry
     */
    void leave(Ledger ledger, int frame, int from, int to, int last) {
        for (int s = 0; s < series.size(); s++) {
            Series left = series.get(s);
            for (int slot : slotsOf.get(s)) {
                if (frameOf[slot] != frame || isStale[s]) {
                    continue;
                }
                if (to - from > FEW) {
                    isStale[s] = true;
                    continue;
                }
                for (int i = from; i < to; i++) {
                    if (ledger.counts(left, i)
                            && !ledger.occurs(left, ledger.bits(left.column(), i), i + 1, last)) {
                        count[slot]--;
                    }
                }
            }
        }
    }

    /** After all have entered and left: count again where too many left. */
    void settle(Ledger ledger, int at) {
        for (int s = 0; s < isStale.length; s++) {
            if (isStale[s]) {
                isStale[s] = false;
                pass(s, ledger, at);
            }
        }
    }

    int count(int slot) {
        return count[slot];
    }

    int size() {
        return count.length;
    }

    void read(Ledger ledger, int offset) {
        for (int slot = 0; slot < count.length; slot++) {
            count[slot] = ledger.runningInt(offset + slot * BYTES);
        }
    }

    void write(Ledger ledger, int offset) {
        for (int slot = 0; slot < count.length; slot++) {
            ledger.putRunningInt(offset + slot * BYTES, count[slot]);
        }
    }
}
