package swipestream.postgres;

import org.postgresql.PGConnection;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** A connection to the database, ready to store batches in the sink's table. */
final class PostgresConnection {
    private static final String CARDINALITY_VIOLATION = "21000";
    private static final String UNIQUE_VIOLATION = "23505";
    /** A view, or a table with row-level security: both take an INSERT but no COPY. */
    private static final Set<String> NOT_COPIED = Set.of("42809", "0A000");
    /** Below that, the server takes longer to read a COPY than to run a prepared INSERT. */
    private static final int FEWEST_COPIED = 50;
    /** So many batches are merged after one that could not be copied, as after a restart. */
    private static final int MERGED_AFTER_CONFLICT = 64;

    private final Connection connection;
    private final PostgresTable table;
    private final PreparedStatement insert;
    private final RowCopy copy;
    private final RowLayout layout;
    private int stillToMerge;

    private PostgresConnection(
            Connection connection, PostgresTable table, List<String> names, int keyColumns)
            throws SQLException {
        this.connection = connection;
        this.table = table;
        insert = connection.prepareStatement(table.insertStatement(names, keyColumns));
        copy = new RowCopy(connection, table.copyStatement(names), names.size());
        layout = table.layout(names);
    }

    /**
     * Connect, and look at the table.
     *
     * @throws IOException there is no such table or column
     */
    static PostgresConnection open(SinkSettings settings) throws SQLException, IOException {
        Connection connection =
                Session.open(
                        settings.url(),
                        settings.username(),
                        settings.password(),
                        "swipestream sink",
                        settings.retryTimeout());
        try {
            List<String> names =
                    IntStream.of(RowEncoder.keyFirst(settings))
                            .mapToObj(settings.columns()::get)
                            .toList();
            PostgresTable table = PostgresTable.require(connection, settings.table(), names);
            return new PostgresConnection(connection, table, names, settings.key().length);
        } catch (SQLException | IOException | RuntimeException failure) {
            Session.closeQuietly(connection);
            throw failure;
        }
    }

    PostgresTable table() {
        return table;
    }

    /**
     * Store all rows of a batch, in one statement and so in one transaction.
     *
     * <p>Nearly always, no row of a batch is in the table. So a batch is added, which takes the
     * server about half as long, and merged only if that fails.
     */
    void store(RowBatch batch) throws SQLException {
        int[] rowStarts = batch.rowStarts();
        if (stillToMerge > 0) {
            stillToMerge--;
        } else if (rowStarts.length >= FEWEST_COPIED && areAdded(batch, rowStarts)) {
            return;
        }
        merge(batch, rowStarts, 0, rowStarts.length);
    }

    /** False if some are there already: then none was added. */
    private boolean areAdded(RowBatch batch, int[] rowStarts) throws SQLException {
        try {
            copy.add(batch, rowStarts);
            return true;
        } catch (SQLException error) {
            if (UNIQUE_VIOLATION.equals(error.getSQLState())) {
                stillToMerge = MERGED_AFTER_CONFLICT;
            } else if (NOT_COPIED.contains(String.valueOf(error.getSQLState()))) {
                stillToMerge = Integer.MAX_VALUE;
            } else {
                throw error;
            }
            return false;
        }
    }

    private void merge(RowBatch batch, int[] rowStarts, int from, int to) throws SQLException {
        try {
            insert.setObject(1, new RowArray(batch, rowStarts, from, to, layout), Types.OTHER);
            insert.executeUpdate();
            // The parameter may be large.
            insert.clearParameters();
        } catch (SQLException error) {
            if (!CARDINALITY_VIOLATION.equals(error.getSQLState()) || to - from < 2) {
                throw error;
            }
            // Two keys with different bytes are equal to the database, such as 1.0 and 1.00. One by
            // one, they replace each other in the order in which they came.
            int middle = (from + to) >>> 1;
            merge(batch, rowStarts, from, middle);
            merge(batch, rowStarts, middle, to);
        }
    }

    /** Stop what is under way, from another thread, without a long wait. */
    void abort() {
        try {
            connection.unwrap(PGConnection.class).cancelQuery();
        } catch (SQLException unreachable) {
            // The server will notice by itself.
        }
        try {
            connection.abort(Runnable::run);
        } catch (SQLException alreadyClosed) {
            // As it should be.
        }
    }

    void close() {
        Session.closeQuietly(connection);
    }
}
