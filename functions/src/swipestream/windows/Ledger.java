package swipestream.windows;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * What is kept of one key, in one array of bytes. One object serves all keys, one after the other.
 *
 * <p>Numbers are little endian. The values of a column are adjacent, so that a scan reads only what
 * it needs.
 *
 * <pre>
 *   at                bytes          what
 *   0                 1              format, {@value #FORMAT}
 *   1                 3              0
 *   4                 4              capacity: how many entries there is room for
 *   8                 4              first: how many in front have left; their bytes mean nothing
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
 * <p>From 32 entries on there is room for a sixteenth more than are kept, so that a row in order
 * writes its own bytes and moves no others. Entries at the front leave by being counted in `first`.
 *
 * <p>LedgerTest shows each rule; RandomRowsTest compares all that is made of it with plain lists.
 */
final class Ledger extends Entries {
    static final byte FORMAT = 1;

    /** More entries would need more bytes than a Java array can have. */
    static final long MOST_BYTES = 1L << 30;

    private static final int CAPACITY_AT = 4;
    private static final int FIRST_AT = 8;
    private static final int COUNT_AT = 12;
    private static final int COLUMNS_AT = 16;
    private static final int RUNNING_AT = 24;

    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private final int runningBytes;

    private long runningFor;

    /**
     * @param runningBytes how many bytes the running values take
     */
    Ledger(Layout layout, int runningBytes) {
        super(layout);
        this.runningBytes = runningBytes;
    }

    /**
     * Start with a key.
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
                    "this state was written by a newer version: format "
                            + state[0]
                            + ", known up to "
                            + FORMAT,
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

    /** Finish a key: its state, in the same array if it still fits. */
    byte[] close() {
        INT.set(bytes, FIRST_AT, first);
        INT.set(bytes, COUNT_AT, end - first);
        LONG.set(bytes, RUNNING_AT, runningFor);
        return bytes;
    }

    /** Where the running values are. */
    private int running() {
        return HEADER + capacity * layout.entryBytes();
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

    /** Make room for one more entry after the last. */
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
            byte[] source,
            int base,
            byte[] target,
            int targetBase,
            int from,
            int to,
            int count,
            int width) {
        System.arraycopy(
                source, base + from * width, target, targetBase + to * width, count * width);
    }

    /** Drop the entries before one. */
    void leaveBefore(int newFirst) {
        first = newFirst;
    }

    /** Whether there are running values with this fingerprint. */
    boolean hasRunning(long fingerprint) {
        return runningFor == fingerprint;
    }

    /**
     * @param fingerprint of what the running values are; 0: they are void
     */
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
