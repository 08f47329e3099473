package swipestream.postgres;

import org.postgresql.Driver;
import org.postgresql.PGConnection;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.stream.IntStream;

/** A connection to the database, ready to store batches in the sink's table. */
final class PostgresConnection {
    // OID of the type `unknown`: a parameter whose type the server takes from the statement.
    private static final String UNKNOWN_TYPE = "705";
    private static final String CARDINALITY_VIOLATION = "21000";
    private static final Duration SHORTEST_WAIT_FOR_LOCK = Duration.ofSeconds(1);
    private static final Duration LONGEST_WAIT_FOR_LOCK = Duration.ofSeconds(15);
    private static final Duration SHORTEST_SILENCE = Duration.ofSeconds(10);
    private static final Duration LONGEST_SILENCE = Duration.ofSeconds(30);

    private final Connection connection;
    private final PostgresTable table;
    private final PreparedStatement insert;
    private final RowLayout layout;

    private PostgresConnection(
            Connection connection, PostgresTable table, List<String> names, int keyColumns)
            throws SQLException {
        this.connection = connection;
        this.table = table;
        insert = connection.prepareStatement(table.insertStatement(names, keyColumns));
        layout = table.layout(names);
    }

    /**
     * Connect, and look at the table.
     *
     * @throws IOException there is no such table or column
     */
    static PostgresConnection open(SinkSettings settings) throws SQLException, IOException {
        Connection connection = new Driver().connect(settings.url(), properties(settings));
        try {
            prepareSession(connection, settings.retryTimeout());
            PostgresTable table = PostgresTable.read(connection, settings.table());
            if (table == null) {
                throw new IOException("there is no table " + settings.table());
            }
            List<String> names =
                    IntStream.of(RowEncoder.keyFirst(settings))
                            .mapToObj(settings.columns()::get)
                            .toList();
            for (String name : names) {
                if (table.column(name) == null) {
                    throw new IOException("table " + settings.table() + " has no column " + name);
                }
            }
            return new PostgresConnection(connection, table, names, settings.key().length);
        } catch (SQLException | IOException | RuntimeException failure) {
            closeQuietly(connection);
            throw failure;
        }
    }

    /** The URL overrides these. */
    private static Properties properties(SinkSettings settings) {
        Properties properties = new Properties();
        if (settings.username() != null) {
            properties.setProperty("user", settings.username());
        }
        if (settings.password() != null) {
            properties.setProperty("password", settings.password());
        }
        properties.setProperty("ApplicationName", "swipestream sink");
        properties.setProperty("tcpKeepAlive", "true");
        properties.setProperty("connectTimeout", "10");
        properties.setProperty("cancelSignalTimeout", "2");
        // A server that vanished without closing the connection is noticed by its silence.
        Duration silence =
                within(settings.retryTimeout().dividedBy(2), SHORTEST_SILENCE, LONGEST_SILENCE);
        properties.setProperty("socketTimeout", Long.toString(silence.toSeconds()));
        // It is always the same statement.
        properties.setProperty("prepareThreshold", "1");
        properties.setProperty("binaryTransferEnable", UNKNOWN_TYPE);
        // Details of an error hold values of the row.
        properties.setProperty("logServerErrorDetail", "false");
        return properties;
    }

    private static void prepareSession(Connection connection, Duration retryTimeout)
            throws SQLException {
        // Less than the time after which a silent server counts as lost: a lock is silent too.
        Duration wait =
                within(retryTimeout.dividedBy(4), SHORTEST_WAIT_FOR_LOCK, LONGEST_WAIT_FOR_LOCK);
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET lock_timeout = " + wait.toMillis());
            // A killed job's statement must not run later, when a lock is released and the new job
            // has long written newer rows. From version 14 on.
            statement.execute(
                    "SELECT set_config(name, '1s', FALSE) FROM pg_settings "
                            + "WHERE name = 'client_connection_check_interval'");
        }
    }

    private static Duration within(Duration wanted, Duration least, Duration most) {
        if (wanted.compareTo(least) < 0) {
            return least;
        }
        return wanted.compareTo(most) > 0 ? most : wanted;
    }

    PostgresTable table() {
        return table;
    }

    /** Store all rows of a batch, in one statement and so in one transaction. */
    void store(RowBatch batch) throws SQLException {
        int[] rowStarts = batch.rowStarts();
        store(batch, rowStarts, 0, rowStarts.length);
    }

    private void store(RowBatch batch, int[] rowStarts, int from, int to) throws SQLException {
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
            store(batch, rowStarts, from, middle);
            store(batch, rowStarts, middle, to);
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
        closeQuietly(connection);
    }

    private static void closeQuietly(Connection connection) {
        try {
            connection.close();
        } catch (SQLException alreadyBroken) {
            // Then it is closed as well.
        }
    }
}
