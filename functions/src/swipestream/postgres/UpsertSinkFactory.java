package swipestream.postgres;

import static swipestream.postgres.ConnectorOptions.PASSWORD;
import static swipestream.postgres.ConnectorOptions.TABLE_NAME;
import static swipestream.postgres.ConnectorOptions.URL;
import static swipestream.postgres.ConnectorOptions.USERNAME;
import static swipestream.postgres.ConnectorOptions.require;

import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.factories.DynamicTableSinkFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;

import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * The table sink `postgres-upsert`: rows into a table of PostgreSQL, whole batches in one
 * statement.
 *
 * <p>With a primary key, which the table must have too, a row replaces the row with its key, so
 * rows that are written again after a restart do no harm. Without one, rows are only added, and
 * those are stored twice. Either way, rows before a checkpoint are in the database when the
 * checkpoint ends.
 *
 * <p>There is no interval to set: a batch is what has gathered while the previous one was stored.
 */
public final class UpsertSinkFactory implements DynamicTableSinkFactory {
    static final ConfigOption<Integer> MAX_ROWS =
            ConfigOptions.key("sink.buffer.max-rows")
                    .intType()
                    .defaultValue(5000)
                    .withDescription("how many rows may wait until those before them are stored");
    static final ConfigOption<MemorySize> MAX_BYTES =
            ConfigOptions.key("sink.buffer.max-bytes")
                    .memoryType()
                    .defaultValue(MemorySize.ofMebiBytes(16))
                    .withDescription("how many bytes these rows may have");
    static final ConfigOption<Duration> RETRY_TIMEOUT =
            ConfigOptions.key("sink.retry.timeout")
                    .durationType()
                    .defaultValue(Duration.ofSeconds(60))
                    .withDescription("how long a batch is tried again before the job fails");

    // A message to PostgreSQL may have 1 GB; a batch grows when it is sent.
    private static final long MOST_BYTES = MemorySize.ofMebiBytes(256).getBytes();

    @Override
    public String factoryIdentifier() {
        return "postgres-upsert";
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return Set.of(URL, TABLE_NAME);
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return Set.of(USERNAME, PASSWORD, MAX_ROWS, MAX_BYTES, RETRY_TIMEOUT);
    }

    @Override
    public DynamicTableSink createDynamicTableSink(Context context) {
        FactoryUtil.TableFactoryHelper helper = FactoryUtil.createTableFactoryHelper(this, context);
        helper.validate();
        ReadableConfig options = helper.getOptions();
        RowType row = (RowType) context.getPhysicalRowDataType().getLogicalType();
        List<String> columns = row.getFieldNames();
        for (int i = 0; i < columns.size(); i++) {
            requireStorable(columns.get(i), row.getTypeAt(i));
        }
        String name = factoryIdentifier();
        require(
                name,
                options.get(URL).startsWith("jdbc:postgresql:"),
                URL,
                "begins with jdbc:postgresql:");
        require(name, options.get(MAX_ROWS) >= 1, MAX_ROWS, "is 1 or more");
        long bytes = options.get(MAX_BYTES).getBytes();
        require(
                name,
                bytes >= 1 && bytes <= MOST_BYTES,
                MAX_BYTES,
                "is from 1 b to 256 mb");
        require(
                name, !options.get(RETRY_TIMEOUT).isNegative(), RETRY_TIMEOUT, "is not negative");
        return new UpsertTableSink(
                new SinkSettings(
                        options.get(URL),
                        options.getOptional(USERNAME).orElse(null),
                        options.getOptional(PASSWORD).orElse(null),
                        options.get(TABLE_NAME),
                        options.get(MAX_ROWS),
                        (int) bytes,
                        options.get(RETRY_TIMEOUT),
                        List.copyOf(columns),
                        List.copyOf(row.getChildren()),
                        context.getPrimaryKeyIndexes()));
    }

    private static void requireStorable(String column, LogicalType type) {
        if (!ColumnEncoders.isStorable(type)) {
            throw new ValidationException(
                    String.format(
                            "column %s is %s, which postgres-upsert cannot store%nhint: make it text"
                                + " or numbers in the query",
                            column, type.asSummaryString()));
        }
    }
}
