package swipestream.postgres;

import static swipestream.postgres.ConnectorOptions.PASSWORD;
import static swipestream.postgres.ConnectorOptions.TABLE_NAME;
import static swipestream.postgres.ConnectorOptions.URL;
import static swipestream.postgres.ConnectorOptions.USERNAME;
import static swipestream.postgres.ConnectorOptions.require;

import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;

import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * The lookup table `postgres-lookup`: rows of a table or view of PostgreSQL by their key, for a
 * join {@code FOR SYSTEM_TIME AS OF} the processing time.
 *
 * <p>The first lookup reads all rows that later ones will probably ask for, in one query: the whole
 * table, or those that share the columns of {@code lookup.read-together-by}. They are read again in
 * the background before they are too old, so that a payment waits for the database only if its key
 * was not among them. Of a table that has more rows than fit, each key is read alone.
 */
public final class LookupTableFactory implements DynamicTableSourceFactory {
    static final ConfigOption<Integer> MAX_ROWS =
            ConfigOptions.key("lookup.cache.max-rows")
                    .intType()
                    .defaultValue(10_000)
                    .withDescription("how many rows stay in memory");
    static final ConfigOption<Duration> EXPIRE_AFTER =
            ConfigOptions.key("lookup.cache.expire-after")
                    .durationType()
                    .defaultValue(Duration.ofMinutes(10))
                    .withDescription("how old a row may be; read again from half of that on");
    static final ConfigOption<List<String>> READ_TOGETHER_BY =
            ConfigOptions.key("lookup.read-together-by")
                    .stringType()
                    .asList()
                    .defaultValues()
                    .withDescription(
                            "columns of the key; rows that are equal in them are read at once");
    static final ConfigOption<Duration> RETRY_TIMEOUT =
            ConfigOptions.key("lookup.retry.timeout")
                    .durationType()
                    .defaultValue(Duration.ofSeconds(60))
                    .withDescription("how long a lookup is tried again before the job fails");

    @Override
    public String factoryIdentifier() {
        return "postgres-lookup";
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return Set.of(URL, TABLE_NAME);
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return Set.of(
                USERNAME, PASSWORD, MAX_ROWS, EXPIRE_AFTER, READ_TOGETHER_BY, RETRY_TIMEOUT);
    }

    @Override
    public DynamicTableSource createDynamicTableSource(Context context) {
        FactoryUtil.TableFactoryHelper helper = FactoryUtil.createTableFactoryHelper(this, context);
        helper.validate();
        ReadableConfig options = helper.getOptions();
        RowType row = (RowType) context.getPhysicalRowDataType().getLogicalType();
        List<String> columns = row.getFieldNames();
        for (int i = 0; i < columns.size(); i++) {
            requireReadable(columns.get(i), row.getTypeAt(i));
        }
        String name = factoryIdentifier();
        require(
                name,
                options.get(URL).startsWith("jdbc:postgresql:"),
                URL,
                "begins with jdbc:postgresql:");
        require(name, options.get(MAX_ROWS) >= 1, MAX_ROWS, "is 1 or more");
        require(
                name,
                options.get(EXPIRE_AFTER).toMillis() >= 1,
                EXPIRE_AFTER,
                "is 1 ms or more");
        require(
                name, !options.get(RETRY_TIMEOUT).isNegative(), RETRY_TIMEOUT, "is not negative");
        List<String> together = List.copyOf(options.get(READ_TOGETHER_BY));
        require(
                name,
                columns.containsAll(together),
                READ_TOGETHER_BY,
                "names columns of the table");
        return new LookupTable(
                new LookupSettings(
                        options.get(URL),
                        options.getOptional(USERNAME).orElse(null),
                        options.getOptional(PASSWORD).orElse(null),
                        options.get(TABLE_NAME),
                        options.get(MAX_ROWS),
                        options.get(EXPIRE_AFTER),
                        options.get(RETRY_TIMEOUT),
                        List.copyOf(columns),
                        List.copyOf(row.getChildren()),
                        List.of(),
                        together));
    }

    private static void requireReadable(String column, LogicalType type) {
        if (ColumnReader.of(type) == null) {
            throw new ValidationException(
                    String.format(
                            "column %s is %s, which postgres-lookup cannot read%nhint: declare it"
                                + " STRING, BOOLEAN, INT, BIGINT, DOUBLE or an ARRAY of INT, BIGINT"
                                + " or DOUBLE, and cast it in a view",
                            column, type.asSummaryString()));
        }
    }
}
