package swipestream.postgres;

import org.apache.flink.table.types.logical.LogicalType;

import java.io.Serializable;
import java.time.Duration;
import java.util.List;

/**
 * What a lookup table reads, where from, and how much of it stays in memory.
 *
 * @param username null if the URL or the system sets it
 * @param columns of the Flink table, with their types
 * @param key the columns that a row is looked up by
 * @param together the columns of the key whose rows are read at once; empty: the whole table
 */
record LookupSettings(
        String url,
        String username,
        String password,
        String table,
        int maxRows,
        Duration expireAfter,
        Duration retryTimeout,
        List<String> columns,
        List<LogicalType> types,
        List<String> key,
        List<String> together)
        implements Serializable {

    /** The same table, looked up by these columns. */
    LookupSettings by(List<String> columnsOfKey) {
        return new LookupSettings(
                url,
                username,
                password,
                table,
                maxRows,
                expireAfter,
                retryTimeout,
                columns,
                types,
                columnsOfKey,
                together);
    }

    /** For logs: no password, and no URL, which may hold one. */
    @Override
    public String toString() {
        return "postgres-lookup " + table;
    }
}
