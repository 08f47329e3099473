package swipestream.postgres;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Rows on their way to PostgreSQL, in its binary form.
 *
 * <p>A row is its fields, those of the key first. A field is its length as a big-endian int, -1 for
 * NULL, and that many bytes. Of several rows with the same key, only the last is kept.
 *
 * <p>`RowBatchTest` compares it with a `LinkedHashMap`.
 */
final class RowBatch {
    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private final int keyFields;
    private byte[] bytes = new byte[1 << 16];
    private int length;
    // Where each row begins; the bitwise complement of that once a later row has its key.
    private int[] starts = new int[1 << 8];
    private int count;
    private int replaced;
    // A hash table with open addressing: 0, or 1 + the row's place in `starts`.
    private int[] slots = new int[1 << 9];
    private int rowStart;

    /**
     * @param keyFields how many fields at the beginning of a row are its key; 0 if it has none.
     */
    RowBatch(int keyFields) {
        this.keyFields = keyFields;
    }

    /** How many rows would be stored. */
    int rows() {
        return count - replaced;
    }

    /** How many bytes are held, those of replaced rows included. */
    int length() {
        return length;
    }

    byte[] bytes() {
        return bytes;
    }

    /** Where the rows to store begin, in the order in which they came. */
    int[] rowStarts() {
        int[] result = new int[rows()];
        int next = 0;
        for (int i = 0; i < count; i++) {
            if (starts[i] >= 0) {
                result[next++] = starts[i];
            }
        }
        return result;
    }

    void clear() {
        length = 0;
        rowStart = 0;
        count = 0;
        replaced = 0;
        Arrays.fill(slots, 0);
    }

    static int intAt(byte[] bytes, int position) {
        return (int) INT.get(bytes, position);
    }

    static void putInt(byte[] bytes, int position, int value) {
        INT.set(bytes, position, value);
    }

    /** Where the field after the one at this position begins. */
    static int fieldEnd(byte[] bytes, int position) {
        return position + 4 + Math.max(intAt(bytes, position), 0);
    }

    /** Where the first so many fields of the row that begins here end. */
    static int fieldsEnd(byte[] bytes, int start, int fields) {
        int end = start;
        for (int i = 0; i < fields; i++) {
            end = fieldEnd(bytes, end);
        }
        return end;
    }

    void putNull() {
        putFieldLength(-1);
    }

    void putByteField(byte value) {
        room(5);
        INT.set(bytes, length, 1);
        bytes[length + 4] = value;
        length += 5;
    }

    void putShortField(short value) {
        room(6);
        INT.set(bytes, length, 2);
        bytes[length + 4] = (byte) (value >> 8);
        bytes[length + 5] = (byte) value;
        length += 6;
    }

    void putIntField(int value) {
        room(8);
        INT.set(bytes, length, 4);
        INT.set(bytes, length + 4, value);
        length += 8;
    }

    void putLongField(long value) {
        room(12);
        INT.set(bytes, length, 8);
        LONG.set(bytes, length + 4, value);
        length += 12;
    }

    void putField(byte[] value) {
        putFieldLength(value.length);
        put(value);
    }

    /** Begin a field whose bytes are put next. */
    void putFieldLength(int fieldLength) {
        room(4);
        INT.set(bytes, length, fieldLength);
        length += 4;
    }

    void put(byte[] value) {
        room(value.length);
        System.arraycopy(value, 0, bytes, length, value.length);
        length += value.length;
    }

    void endRow() {
        if (count == starts.length) {
            starts = Arrays.copyOf(starts, 2 * count);
        }
        starts[count++] = rowStart;
        if (keyFields > 0) {
            if (2 * count > slots.length) {
                rehash();
            } else {
                claim(count - 1);
            }
        }
        rowStart = length;
    }

    private void room(int more) {
        if (bytes.length - length < more) {
            bytes =
                    Arrays.copyOf(
                            bytes, Math.max(length + more, (int) Math.min(2L * length, 1 << 30)));
        }
    }

    private void rehash() {
        slots = new int[2 * slots.length];
        for (int i = 0; i < count; i++) {
            if (starts[i] >= 0) {
                claim(i);
            }
        }
    }

    /** Note a row by its key, and drop the earlier one that had this key. */
    private void claim(int row) {
        int start = starts[row];
        int keyLength = fieldsEnd(bytes, start, keyFields) - start;
        int mask = slots.length - 1;
        int slot = hash(start, keyLength) & mask;
        while (slots[slot] != 0) {
            int earlier = slots[slot] - 1;
            // Lengths are compared too, so no other key can look like this one.
            if (Arrays.equals(
                    bytes,
                    start,
                    start + keyLength,
                    bytes,
                    starts[earlier],
                    Math.min(starts[earlier] + keyLength, length))) {
                starts[earlier] = ~starts[earlier];
                replaced++;
                break;
            }
            slot = (slot + 1) & mask;
        }
        slots[slot] = row + 1;
    }

    private int hash(int start, int keyLength) {
        int hash = 0;
        for (int i = start; i < start + keyLength; i++) {
            hash = 31 * hash + bytes[i];
        }
        // The low bits choose the slot: mix in the high ones.
        hash *= 0x9E3779B9;
        return hash ^ (hash >>> 15);
    }
}
