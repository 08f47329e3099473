package swipestream.postgres;

import org.postgresql.util.PGBinaryObject;
import org.postgresql.util.PGobject;

/**
 * Rows of a batch as a parameter: an array of the table's row type in binary form.
 *
 * <p>The array is its number of dimensions, 0, the OID of its rows' type, their number and 1 as
 * ints, then each row with its length before it. A row is the number of the table's columns, then
 * for each the OID of its type and the field as it is in the batch; columns that are not written
 * are NULL.
 */
final class RowArray extends PGobject implements PGBinaryObject {
    private static final long serialVersionUID = 1L;
    private static final int HEADER = 20;
    private static final int NULL = -1;

    private final transient RowBatch batch;
    private final transient int[] rowStarts;
    private final int from;
    private final int to;
    private final transient RowLayout layout;
    private final int length;

    /**
     * @param rowStarts where rows begin in the batch
     * @param from the first of them to store
     * @param to the one after the last
     */
    RowArray(RowBatch batch, int[] rowStarts, int from, int to, RowLayout layout) {
        this.batch = batch;
        this.rowStarts = rowStarts;
        this.from = from;
        this.to = to;
        this.layout = layout;
        // The server takes the type from the statement.
        this.type = "unknown";
        this.length = measured();
    }

    private int measured() {
        byte[] bytes = batch.bytes();
        // Length, number of columns, all their OIDs, and the lengths of those that are not written.
        int fields = layout.fields();
        long all = HEADER + (to - from) * (8L + 8L * layout.fieldOf().length - 4L * fields);
        for (int i = from; i < to; i++) {
            all += RowBatch.fieldsEnd(bytes, rowStarts[i], fields) - rowStarts[i];
        }
        return Math.toIntExact(all);
    }

    @Override
    public int lengthInBytes() {
        return length;
    }

    @Override
    public void toBytes(byte[] target, int offset) {
        byte[] bytes = batch.bytes();
        int fields = layout.fields();
        int[] fieldOf = layout.fieldOf();
        int[] typeIds = layout.typeIds();
        int[] starts = new int[fields + 1];
        int at = offset;
        at = putInt(target, at, 1);
        at = putInt(target, at, 0);
        at = putInt(target, at, layout.rowTypeId());
        at = putInt(target, at, to - from);
        at = putInt(target, at, 1);
        for (int i = from; i < to; i++) {
            starts[0] = rowStarts[i];
            for (int field = 0; field < fields; field++) {
                starts[field + 1] = RowBatch.fieldEnd(bytes, starts[field]);
            }
            int row = at;
            at = putInt(target, at + 4, fieldOf.length);
            for (int column = 0; column < fieldOf.length; column++) {
                at = putInt(target, at, typeIds[column]);
                int field = fieldOf[column];
                if (field < 0) {
                    at = putInt(target, at, NULL);
                } else {
                    int size = starts[field + 1] - starts[field];
                    System.arraycopy(bytes, starts[field], target, at, size);
                    at += size;
                }
            }
            putInt(target, row, at - row - 4);
        }
    }

    private static int putInt(byte[] target, int at, int value) {
        RowBatch.putInt(target, at, value);
        return at + 4;
    }

    /** Never called: the server's answers are numbers. */
    @Override
    public void setByteValue(byte[] value, int offset) {
        throw new UnsupportedOperationException();
    }
}
