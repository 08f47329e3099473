package swipestream.postgres;

import org.postgresql.Driver;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Properties;

/** Connects to the database, so that neither a lock nor a server that vanished is waited for. */
final class Session {
    // OID of the type `unknown`: a parameter whose type the server takes from the statement.
    private static final String UNKNOWN_TYPE = "705";
    private static final Duration SHORTEST_WAIT_FOR_LOCK = Duration.ofSeconds(1);
    private static final Duration LONGEST_WAIT_FOR_LOCK = Duration.ofSeconds(15);
    private static final Duration SHORTEST_SILENCE = Duration.ofSeconds(10);
    private static final Duration LONGEST_SILENCE = Duration.ofSeconds(30);

    private Session() {}

    /**
     * Connect.
     *
     * @param username null if the URL or the system sets it
     * @param application as the database's list of sessions shows it
     * @param retryTimeout how long the caller tries again; waits are shorter
     */
    static Connection open(
            String url,
            String username,
            String password,
            String application,
            Duration retryTimeout)
            throws SQLException {
        Properties properties = new Properties();
        if (username != null) {
            properties.setProperty("user", username);
        }
        if (password != null) {
            properties.setProperty("password", password);
        }
        properties.setProperty("ApplicationName", application);
        properties.setProperty("tcpKeepAlive", "true");
        properties.setProperty("connectTimeout", "10");
        properties.setProperty("cancelSignalTimeout", "2");
        // A server that vanished without closing the connection is noticed by its silence.
        Duration silence = within(retryTimeout.dividedBy(2), SHORTEST_SILENCE, LONGEST_SILENCE);
        properties.setProperty("socketTimeout", Long.toString(silence.toSeconds()));
        // It is always the same statement.
        properties.setProperty("prepareThreshold", "1");
        properties.setProperty("binaryTransferEnable", UNKNOWN_TYPE);
        // Details of an error hold values of the row.
        properties.setProperty("logServerErrorDetail", "false");
        // The URL overrides these.
        Connection connection = new Driver().connect(url, properties);
        try {
            prepare(connection, retryTimeout);
            return connection;
        } catch (SQLException | RuntimeException failure) {
            closeQuietly(connection);
            throw failure;
        }
    }

    private static void prepare(Connection connection, Duration retryTimeout) throws SQLException {
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

    static void closeQuietly(Connection connection) {
        try {
            connection.close();
        } catch (SQLException alreadyBroken) {
            // Then it is closed as well.
        }
    }
}
