package swipestream.postgres;

import org.apache.flink.metrics.Counter;

import java.io.IOException;
import java.sql.SQLException;

/** Stores batches in PostgreSQL; retries on new connections until a time limit. */
final class RetryingStore implements BatchStore {
    private final SinkSettings settings;
    private final Retries retries;
    private volatile PostgresConnection connection;
    // The table that rows are encoded for.
    private PostgresTable table;

    /**
     * @param retries counts every further attempt
     */
    RetryingStore(SinkSettings settings, Counter retries) {
        this.settings = settings;
        this.retries =
                new Retries(
                        "postgres-upsert", settings.table(), settings.retryTimeout(), retries);
    }

    /**
     * Connect.
     *
     * @return the table as it is
     * @throws IOException there is no such table, or the database did not answer in time
     */
    PostgresTable open() throws IOException, InterruptedException {
        return retries.run(
                "connect",
                this::close,
                () -> {
                    connect();
                    return table;
                });
    }

    @Override
    public void store(RowBatch batch) throws IOException, InterruptedException {
        retries.run(
                "store " + batch.rows() + " rows",
                this::close,
                () -> {
                    connect();
                    connection.store(batch);
                    return batch;
                });
    }

    @Override
    public void abort() {
        retries.abort();
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
        if (retries.isAborted()) {
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
}
