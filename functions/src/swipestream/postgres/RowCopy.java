package swipestream.postgres;

import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;

/**
 * Adds rows of a batch to a table with COPY, in its binary form.
 *
 * <p>That is a header, the rows, and -1. A row is the number of its fields as a short, then the
 * fields as they are in the batch.
 */
final class RowCopy {
    // Signature, flags, and the length of a header extension that is not there.
    private static final byte[] HEADER = {
        'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xff, '\r', '\n', 0, 0, 0, 0, 0, 0, 0, 0, 0
    };
    private static final byte[] END = {(byte) 0xff, (byte) 0xff};
    // Messages are put together up to this size: the driver looks for an error after each.
    private static final int MESSAGE_BYTES = 1 << 16;

    private final PGConnection connection;
    private final String statement;
    private final int fields;
    private byte[] message = new byte[2 * MESSAGE_BYTES];
    private int length;

    /**
     * @param statement COPY ... FROM STDIN in the binary format
     * @param fields how many fields a batch's row has
     */
    RowCopy(Connection connection, String statement, int fields) throws SQLException {
        this.connection = connection.unwrap(PGConnection.class);
        this.statement = statement;
        this.fields = fields;
    }

    /**
     * Add rows, all or none.
     *
     * @param rowStarts where they begin in the batch
     */
    void add(RowBatch batch, int[] rowStarts) throws SQLException {
        CopyIn copy = connection.getCopyAPI().copyIn(statement);
        try {
            length = 0;
            put(HEADER);
            for (int start : rowStarts) {
                int end = RowBatch.fieldsEnd(batch.bytes(), start, fields);
                put((byte) (fields >> 8), (byte) fields);
                put(batch.bytes(), start, end - start);
                if (length >= MESSAGE_BYTES) {
                    send(copy);
                }
            }
            put(END);
            send(copy);
            copy.endCopy();
        } finally {
            if (copy.isActive()) {
                copy.cancelCopy();
            }
        }
    }

    private void put(byte... bytes) {
        put(bytes, 0, bytes.length);
    }

    private void put(byte[] bytes, int from, int count) {
        if (message.length - length < count) {
            message = Arrays.copyOf(message, Math.max(length + count, 2 * message.length));
        }
        System.arraycopy(bytes, from, message, length, count);
        length += count;
    }

    private void send(CopyIn copy) throws SQLException {
        copy.writeToCopy(message, 0, length);
        length = 0;
    }
}
