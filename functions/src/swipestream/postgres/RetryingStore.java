package swipestream.postgres;

import org.apache.flink.metrics.Counter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;

/** Stores batches in PostgreSQL; retries on new connections until a time limit. */
final class RetryingStore implements BatchStore {
    private static final Logger LOG = LoggerFactory.getLogger(RetryingStore.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    private final SinkSettings settings;
    private final Counter retries;
    private volatile PostgresConnection connection;
    private volatile boolean isAborted;
    // The table that rows are encoded for.
    private PostgresTable table;

    /**
     * @param retries counts every further attempt
     */
    RetryingStore(SinkSettings settings, Counter retries) {
        this.settings = settings;
        this.retries = retries;
    }

    private interface Attempt {
        void run() throws SQLException, IOException;
    }

    /**
     * Connect.
     *
     * @return the table as it is
     * @throws IOException there is no such table, or the database did not answer in time
     */
    PostgresTable open() throws IOException, InterruptedException {
        retry("connect", this::connect);
        return table;
    }

    @Override
    public void store(RowBatch batch) throws IOException, InterruptedException {
        retry(
                "store " + batch.rows() + " rows",
                () -> {
                    connect();
                    connection.store(batch);
                });
    }

    @Override
    public void abort() {
        isAborted = true;
        PostgresConnection current = connection;
        if (current != null) {
            current.abort();
        }
    }

    @Override
    public void close() {
        PostgresConnection current = connection;
        connection = null;
        if (current != null) {
            current.close();
        }
    }

    private void connect() throws SQLException, IOException {
        if (connection != null) {
            return;
        }
        connection = PostgresConnection.open(settings);
        if (isAborted) {
            // This connection was not yet known when the others were aborted.
            connection.abort();
        }
        PostgresTable current = connection.table();
        if (table == null) {
            table = current;
        } else {
            requireSameColumns(current);
        }
    }

    /** Other columns may come and go; the written ones have to be what rows were encoded for. */
    private void requireSameColumns(PostgresTable current) throws IOException {
        for (String name : settings.columns()) {
            PostgresColumn before = table.column(name);
            PostgresColumn now = current.column(name);
            if (!now.encodesAs(before)) {
                throw new IOException(
                        String.format(
                                "column %s of table %s was %s when the sink started and is %s now",
                                name, settings.table(), before.shownType(), now.shownType()));
            }
        }
    }

    private void retry(String what, Attempt attempt) throws IOException, InterruptedException {
        long end = System.nanoTime() + settings.retryTimeout().toNanos();
        Duration pause = FIRST_PAUSE;
        for (int attempts = 1; ; attempts++) {
            try {
                attempt.run();
                if (attempts > 1) {
                    LOG.info(
                            "postgres-upsert goes on: table={} attempts={}",
                            settings.table(),
                            attempts);
                }
                return;
            } catch (SQLException error) {
                close();
                if (isAborted) {
                    throw new InterruptedException("aborted");
                }
                StoreFailure failure = StoreFailure.of(error);
                if (!failure.mayPass() || System.nanoTime() + pause.toNanos() - end > 0) {
                    // Without the error as its cause: the error's text may hold values of a row.
                    throw new IOException(
                            String.format(
                                    "could not %s, table %s, attempts %d: %s",
                                    what, settings.table(), attempts, failure.cause()));
                }
                LOG.warn(
                        "postgres-upsert tries again: table={} attempt={} cause={}",
                        settings.table(),
                        attempts,
                        failure.cause());
            }
            retries.inc();
            Thread.sleep(pause.toMillis());
            Duration doubled = pause.multipliedBy(2);
            pause = doubled.compareTo(LONGEST_PAUSE) < 0 ? doubled : LONGEST_PAUSE;
        }
    }
}
