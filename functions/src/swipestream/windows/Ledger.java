package swipestream.windows;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * What is kept of one key, in one array of bytes. One object serves all keys, one after the other.
 *
 * <p>Numbers are little endian. All of a column stands together, so that a scan reads what it needs
 * and nothing else.
 *
 * <pre>
 *   at                bytes          what
 *   0                 1              format, {@value #FORMAT}
 *   1                 3              0
 *   4                 4              capacity: how many entries there is room for
 *   8                 4              first: entries in front that have left, their bytes mean nothing
 *   12                4              count: entries that are kept, behind those
 *   16                8              fingerprint of the kept columns
 *   24                8              fingerprint of the running values at the end; 0: they are void
 *   32                8 x capacity   times, ascending; of equal ones the earlier arrived first
 *   ..                8 x capacity   ids, first half
 *   ..                8 x capacity   ids, second half
 *   ..                8 x capacity   each kept column but BOOLEAN ones, in the order of the spec
 *   ..                1 x capacity   each eight bits: of each column, in order, whether it is NULL
 *                                    and, if BOOLEAN, whether it is TRUE
 *   ..                to the end     running values, see Running
 * </pre>
 *
 * <p>From 32 entries on there is room for a sixteenth more than are kept, so that a row that comes in
 * order writes its own bytes and moves no others. Entries leave in front by being counted as left.
 *
 * <p>LedgerTest shows each rule; RandomRowsTest compares all that is made of it with plain lists.
 */
final class Ledger {
    static final byte FORMAT = 1;

    /** Regions that are always there. */
    static final int TIMES = 0;

    private static final int IDS_HIGH = 1;
    private static final int IDS_LOW = 2;
    static final int FIRST_KEPT = 3;

    /** Above this, a number of bytes that Java could not address. */
    static final long MOST_BYTES = 1L << 30;

    private static final int CAPACITY_AT = 4;
    private static final int FIRST_AT = 8;
    private static final int COUNT_AT = 12;
    private static final int COLUMNS_AT = 16;
    private static final int RUNNING_AT = 24;
    private static final int HEADER = 32;

    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private final Layout layout;
    private final int runningBytes;

    private byte[] bytes;
    private int capacity;
    private int first;
    private int end;
    private long runningFor;

    /** @param runningBytes how many bytes the running values take */
    Ledger(Layout layout, int runningBytes) {
        this.layout = layout;
        this.runningBytes = runningBytes;
    }

    /**
     * Begin with a key.
     *
     * @param state null if nothing is kept of it; otherwise changed in place from now on
     * @throws UnreadableStateException a newer version wrote it, or other columns are kept in it
     */
    void open(byte[] state) {
        bytes = state;
        if (state == null) {
            capacity = 0;
            first = 0;
            end = 0;
            runningFor = 0;
            return;
        }
        check(state);
        capacity = (int) INT.get(state, CAPACITY_AT);
        first = (int) INT.get(state, FIRST_AT);
        end = first + (int) INT.get(state, COUNT_AT);
        runningFor = (long) LONG.get(state, RUNNING_AT);
        if (first < 0 || end < first || end > capacity || running() > state.length) {
            throw new UnreadableStateException(
                    "this state is cut off or damaged", "restore from an earlier checkpoint");
        }
    }

    private void check(byte[] state) {
        if (state.length > 0 && state[0] > FORMAT) {
            throw new UnreadableStateException(
                    "this state was written by a newer version: format " + state[0]
                            + ", known up to " + FORMAT,
                    "run that version, or rebuild with swipestream upgrade --rebuild");
        }
        if (state.length < HEADER || state[0] < FORMAT) {
            throw new UnreadableStateException(
                    "this state was not written by trailing_windows",
                    "see that the function's uid belongs to it alone");
        }
        if ((long) LONG.get(state, COLUMNS_AT) != layout.fingerprint) {
            throw new UnreadableStateException(
                    "this state keeps other columns than the query wants",
                    "run the query that wrote it, or rebuild with swipestream upgrade --rebuild");
        }
    }

    /** End with a key: its state, the array given if it could stay. */
    byte[] close() {
        INT.set(bytes, FIRST_AT, first);
        INT.set(bytes, COUNT_AT, end - first);
        LONG.set(bytes, RUNNING_AT, runningFor);
        return bytes;
    }

    /** The first entry that is kept. */
    int first() {
        return first;
    }

    /** Behind the last entry. */
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

    private int region(int region) {
        return HEADER + 8 * capacity * region;
    }

    private int plane(int plane) {
        return HEADER + capacity * (8 * layout.regions + plane);
    }

    /** Where the running values are. */
    private int running() {
        return HEADER + capacity * layout.entryBytes();
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

    /** Where an entry of a time belongs: behind those of the same. */
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

    /** The first entry from one on, and before another, that is not before a time. */
    int firstSince(long time, int from, int to) {
        int low = from;
        // From one row to the next few leave.
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

    /**
     * Put an entry in place; those from there on make room.
     *
     * @param at the place; may change
     * @return its place now
     */
    int insert(int at, Entry entry) {
        int offset = at - first;
        makeRoom(count() + 1);
        int place = first + offset;
        if (place < end) {
            for (int k = 0; k < layout.regions; k++) {
                move(bytes, region(k), bytes, region(k), place, place + 1, end - place, 8);
            }
            for (int k = 0; k < layout.planes; k++) {
                move(bytes, plane(k), bytes, plane(k), place, place + 1, end - place, 1);
            }
        }
        end++;
        write(place, entry);
        return place;
    }

    private void write(int i, Entry entry) {
        LONG.set(bytes, region(TIMES) + 8 * i, entry.time);
        LONG.set(bytes, region(IDS_HIGH) + 8 * i, entry.idHigh);
        LONG.set(bytes, region(IDS_LOW) + 8 * i, entry.idLow);
        for (int k = 0; k < layout.planes; k++) {
            bytes[plane(k) + i] = 0;
        }
        for (int k = 0; k < entry.bits.length; k++) {
            Column column = layout.kept.get(k);
            if (entry.isNull[k]) {
                set(column.nullBit, i);
            }
            if (column.kind != Kind.FLAG) {
                LONG.set(bytes, region(column.region) + 8 * i, entry.bits[k]);
            } else if (entry.bits[k] != 0) {
                set(column.trueBit, i);
            }
        }
    }

    private void set(int bit, int i) {
        bytes[plane(bit / 8) + i] |= (byte) (1 << bit % 8);
    }

    /** See that one entry more has a place behind the last. */
    private void makeRoom(int count) {
        boolean isWanted =
                count <= capacity
                        && capacity <= count + count / 4 + 8
                        && bytes.length == running() + runningBytes;
        if (isWanted && end < capacity) {
            return;
        }
        if (isWanted && first >= Math.max(1, count / 32)) {
            rearrange(bytes, capacity);
        } else {
            int wanted = count + (count < 32 ? 0 : count / 16);
            rearrange(new byte[HEADER + wanted * layout.entryBytes() + runningBytes], wanted);
        }
    }

    /** Move what is kept to the front of an array, this one or another. */
    private void rearrange(byte[] target, int targetCapacity) {
        int count = count();
        if (bytes == null) {
            target[0] = FORMAT;
            LONG.set(target, COLUMNS_AT, layout.fingerprint);
        } else {
            System.arraycopy(bytes, 0, target, 0, HEADER);
            for (int k = 0; k < layout.regions; k++) {
                int to = HEADER + 8 * targetCapacity * k;
                move(bytes, region(k), target, to, first, 0, count, 8);
            }
            for (int k = 0; k < layout.planes; k++) {
                int to = HEADER + targetCapacity * (8 * layout.regions + k);
                move(bytes, plane(k), target, to, first, 0, count, 1);
            }
            int to = HEADER + targetCapacity * layout.entryBytes();
            if (bytes.length - running() == runningBytes) {
                System.arraycopy(bytes, running(), target, to, runningBytes);
            }
        }
        INT.set(target, CAPACITY_AT, targetCapacity);
        bytes = target;
        capacity = targetCapacity;
        first = 0;
        end = count;
    }

    private static void move(
            byte[] source, int base, byte[] target, int targetBase, int from, int to, int count,
            int width) {
        System.arraycopy(
                source, base + from * width, target, targetBase + to * width, count * width);
    }

    /** Let what stands before an entry leave. */
    void leaveBefore(int newFirst) {
        first = newFirst;
    }

    /** Whether running values are there, and these. */
    boolean hasRunning(long fingerprint) {
        return runningFor == fingerprint;
    }

    /** @param fingerprint of what the running values are; 0: they are void */
    void setRunning(long fingerprint) {
        runningFor = fingerprint;
    }

    /** A running value. */
    int runningInt(int offset) {
        return (int) INT.get(bytes, running() + offset);
    }

    long runningLong(int offset) {
        return (long) LONG.get(bytes, running() + offset);
    }

    void putRunningInt(int offset, int value) {
        INT.set(bytes, running() + offset, value);
    }

    void putRunningLong(int offset, long value) {
        LONG.set(bytes, running() + offset, value);
    }
}
