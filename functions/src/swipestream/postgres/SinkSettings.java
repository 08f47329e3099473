package swipestream.postgres;

import org.apache.flink.table.types.logical.LogicalType;

import java.io.Serializable;
import java.time.Duration;
import java.util.List;

/**
 * What a sink writes, and where to.
 *
 * @param username null if the URL or the system sets it
 * @param columns of the Flink table, with their types
 * @param key positions in columns; empty without a primary key
 */
record SinkSettings(
        String url,
        String username,
        String password,
        String table,
        int maxRows,
        int maxBytes,
        Duration retryTimeout,
        List<String> columns,
        List<LogicalType> types,
        int[] key)
        implements Serializable {

    /** For logs: no password, and no URL, which may hold one. */
    @Override
    public String toString() {
        return "postgres-upsert " + table;
    }
}
