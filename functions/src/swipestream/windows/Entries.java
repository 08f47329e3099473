package swipestream.windows;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Reads and finds entries of a {@link Ledger}, which documents the layout of the bytes. */
abstract class Entries {
    /** The regions that always exist, and the first one of a kept column. */
    static final int TIMES = 0;

    protected static final int IDS_HIGH = 1;
    protected static final int IDS_LOW = 2;
    static final int FIRST_KEPT = 3;

    /** Where the regions begin. */
    protected static final int HEADER = 32;

    protected static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    protected final Layout layout;
    protected byte[] bytes;
    protected int capacity;
    protected int first;
    protected int end;

    Entries(Layout layout) {
        this.layout = layout;
    }

    /** The first entry that is kept. */
    int first() {
        return first;
    }

    /** After the last entry. */
    int end() {
        return end;
    }

    int count() {
        return end - first;
    }

    long time(int i) {
        return (long) LONG.get(bytes, HEADER + 8 * i);
    }

    /** The bits of a column that is not NULL there. */
    long bits(Column column, int i) {
        return column.kind == Kind.FLAG
                ? bit(column.trueBit, i)
                : (long) LONG.get(bytes, region(column.region) + 8 * i);
    }

    boolean isNull(Column column, int i) {
        return column.nullBit >= 0 && bit(column.nullBit, i) != 0;
    }

    /** Whether an entry counts in a series. */
    boolean counts(Series series, int i) {
        return counts(
                bytes,
                plane(series.nullPlane()) + i,
                series.nullMask(),
                plane(series.truePlane()) + i,
                series.trueMask());
    }

    private static boolean counts(
            byte[] bytes, int nullAt, int nullMask, int trueAt, int trueMask) {
        return ((bytes[nullAt] & nullMask) | (~bytes[trueAt] & trueMask)) == 0;
    }

    private int bit(int bit, int i) {
        return bytes[plane(bit / 8) + i] >> bit % 8 & 1;
    }

    protected final int region(int region) {
        return HEADER + 8 * capacity * region;
    }

    protected final int plane(int plane) {
        return HEADER + capacity * (8 * layout.regions + plane);
    }

    /** The entry with an id, -1 if none is kept. */
    int indexOf(long idHigh, long idLow) {
        byte[] bytes = this.bytes;
        int high = region(IDS_HIGH);
        for (int i = end - 1; i >= first; i--) {
            if ((long) LONG.get(bytes, high + 8 * i) == idHigh
                    && (long) LONG.get(bytes, region(IDS_LOW) + 8 * i) == idLow) {
                return i;
            }
        }
        return -1;
    }

    /** Where an entry of a time belongs: after those with the same time. */
    int placeOf(long time) {
        if (first == end || time(end - 1) <= time) {
            return end;
        }
        int low = first;
        int high = end - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (time(middle) <= time) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** The first entry in a range that is not before a time. */
    int firstSince(long time, int from, int to) {
        int low = from;
        // Few entries leave from one row to the next.
        for (int probe = 0; probe < 4; probe++) {
            if (low == to || time(low) >= time) {
                return low;
            }
            low++;
        }
        int high = to;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (time(middle) < time) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** The last entry in a range that counts in a series with a value; -1 if none does. */
    int lastOf(Series series, long value, int from, int to) {
        Column column = series.column();
        if (!column.isExact(value)) {
            return lastComparable(series, column.comparable(value), from, to);
        }
        byte[] bytes = this.bytes;
        int values = region(column.region);
        for (int i = to; i >= from; i--) {
            if ((long) LONG.get(bytes, values + 8 * i) == value && counts(series, i)) {
                return i;
            }
        }
        return -1;
    }

    private int lastComparable(Series series, long comparable, int from, int to) {
        Column column = series.column();
        for (int i = to; i >= from; i--) {
            if (counts(series, i) && column.comparable(bits(column, i)) == comparable) {
                return i;
            }
        }
        return -1;
    }

    /** Whether an entry from one up to another counts in a series with a value. */
    boolean occurs(Series series, long value, int from, int to) {
        Column column = series.column();
        if (!column.isExact(value)) {
            return lastComparable(series, column.comparable(value), from, to) >= 0;
        }
        byte[] bytes = this.bytes;
        int values = region(column.region);
        for (int i = from; i <= to; i++) {
            if ((long) LONG.get(bytes, values + 8 * i) == value && counts(series, i)) {
                return true;
            }
        }
        return false;
    }
}
