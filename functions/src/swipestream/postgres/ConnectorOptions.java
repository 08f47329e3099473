package swipestream.postgres;

import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.table.api.ValidationException;

/** The options that the connectors of this package have in common. */
final class ConnectorOptions {
    static final ConfigOption<String> URL =
            text("url", "as in jdbc:postgresql://host:port/database");
    static final ConfigOption<String> USERNAME = text("username", "of the database");
    static final ConfigOption<String> PASSWORD = text("password", "of that user");
    static final ConfigOption<String> TABLE_NAME =
            text("table-name", "as in table or schema.table");

    private ConnectorOptions() {}

    private static ConfigOption<String> text(String key, String description) {
        return ConfigOptions.key(key).stringType().noDefaultValue().withDescription(description);
    }

    /**
     * @throws ValidationException the option is not so
     */
    static void require(String connector, boolean isSo, ConfigOption<?> option, String what) {
        if (!isSo) {
            throw new ValidationException(
                    String.format(
                            "option %s of %s has to be one that %s",
                            option.key(), connector, what));
        }
    }
}
