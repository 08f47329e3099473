package swipestream.postgres;

import org.apache.flink.metrics.Counter;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Reads rows of a lookup table on its connection; for one thread at a time. */
final class LookupReader implements AutoCloseable {
    private static final int ROWS_AT_ONCE = 5_000;

    private final LookupSettings settings;
    private final Retries retries;
    private final ColumnReader[] readers;
    private Connection connection;

    LookupReader(LookupSettings settings, Counter retries) {
        this.settings = settings;
        this.retries =
                new Retries("postgres-lookup", settings.table(), settings.retryTimeout(), retries);
        readers = settings.types().stream().map(ColumnReader::of).toArray(ColumnReader[]::new);
    }

    /** Connect, to find out whether there are such a table and columns. */
    void open() throws IOException, InterruptedException {
        retries.run(
                "connect",
                this::close,
                () -> {
                    connect();
                    return connection;
                });
    }

    /** A row's values at these positions. */
    static LookupKey values(RowData row, int[] positions) {
        Object[] values = new Object[positions.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = ((GenericRowData) row).getField(positions[i]);
        }
        return new LookupKey(values);
    }

    /**
     * The rows whose columns have these values.
     *
     * @param by names of columns of the table
     * @param most how many rows to read at most
     * @throws IOException there is no such table or column, or the database did not answer in time
     */
    List<RowData> read(List<String> by, LookupKey values, int most)
            throws IOException, InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException("cancelled while others read");
        }
        return retries.run(
                "look rows up",
                this::close,
                () -> {
                    connect();
                    return rows(select(by, most), values);
                });
    }

    private List<RowData> rows(String select, LookupKey values) throws SQLException {
        List<RowData> found = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(select)) {
            for (int i = 0; i < values.size(); i++) {
                Object value = values.get(i);
                // Flink's strings are its own.
                statement.setObject(
                        i + 1, value instanceof Number || value instanceof Boolean
                                ? value
                                : value.toString());
            }
            statement.setFetchSize(ROWS_AT_ONCE);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    GenericRowData row = new GenericRowData(readers.length);
                    for (int i = 0; i < readers.length; i++) {
                        row.setField(i, readers[i].take().from(rows, i + 1));
                    }
                    found.add(row);
                }
            }
        }
        // Rows come in portions only within a transaction.
        connection.rollback();
        return found;
    }

    private String select(List<String> by, int most) {
        String columns =
                settings.columns().stream()
                        .map(PostgresTable::quoted)
                        .collect(Collectors.joining(", "));
        String where =
                by.stream()
                        .map(column -> PostgresTable.quoted(column) + " = ?")
                        .collect(Collectors.joining(" AND "));
        return "SELECT "
                + columns
                + " FROM "
                + PostgresTable.quotedName(settings.table())
                + (by.isEmpty() ? "" : " WHERE " + where)
                + " LIMIT "
                + most;
    }

    private void connect() throws SQLException, IOException {
        if (connection != null) {
            return;
        }
        Connection opened =
                Session.open(
                        settings.url(),
                        settings.username(),
                        settings.password(),
                        "swipestream lookup",
                        settings.retryTimeout());
        try {
            opened.setReadOnly(true);
            requireReadable(
                    PostgresTable.require(opened, settings.table(), settings.columns()));
            opened.setAutoCommit(false);
        } catch (SQLException | IOException | RuntimeException failure) {
            Session.closeQuietly(opened);
            throw failure;
        }
        connection = opened;
    }

    private void requireReadable(PostgresTable table) throws IOException {
        for (int i = 0; i < readers.length; i++) {
            PostgresColumn column = table.column(settings.columns().get(i));
            if (!readers[i].understands(column)) {
                throw new IOException(
                        String.format(
                                "column %s of table %s is %s, which postgres-lookup cannot read"
                                        + " as %s",
                                column.name(),
                                settings.table(),
                                column.shownType(),
                                settings.types().get(i).asSummaryString()));
            }
        }
    }

    /** Let a read that is under way, or waits to be tried again, be the last. */
    void abort() {
        retries.abort();
    }

    @Override
    public void close() {
        if (connection != null) {
            Session.closeQuietly(connection);
            connection = null;
        }
    }
}
