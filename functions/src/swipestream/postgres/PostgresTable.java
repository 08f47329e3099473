package swipestream.postgres;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A table as PostgreSQL's catalog describes it at this moment.
 *
 * @param name quoted, with its schema
 * @param rowTypeId the OID of the type that its rows have
 * @param columns in its own order
 */
record PostgresTable(String name, int rowTypeId, List<PostgresColumn> columns) {

    private static final String CATALOG =
            """
SELECT
    FORMAT('%I.%I', n.nspname, c.relname),
    c.reltype::bigint,
    a.attname,
    a.atttypid::bigint,
    base.typname,
    FORMAT_TYPE(a.atttypid, a.atttypmod),
    base.typcategory::text,
    CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type AS t ON t.oid = a.atttypid
JOIN pg_type AS base ON base.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
WHERE c.oid = TO_REGCLASS(?)
ORDER BY a.attnum
""";

    /**
     * Look a table up.
     *
     * @param name as in the settings: table or schema.table
     * @return null if there is none
     */
    private static PostgresTable read(Connection connection, String name) throws SQLException {
        String fullName = null;
        int rowTypeId = 0;
        List<PostgresColumn> columns = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(CATALOG)) {
            statement.setString(1, quotedName(name));
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    fullName = rows.getString(1);
                    rowTypeId = (int) rows.getLong(2);
                    columns.add(
                            PostgresColumn.of(
                                    rows.getString(3),
                                    (int) rows.getLong(4),
                                    rows.getString(5),
                                    rows.getString(6),
                                    rows.getString(7).charAt(0),
                                    rows.getInt(8)));
                }
            }
        }
        return fullName == null ? null : new PostgresTable(fullName, rowTypeId, columns);
    }

    /**
     * Look a table up that must be there.
     *
     * @param columns that it must have
     * @throws IOException there is no such table or column
     */
    static PostgresTable require(Connection connection, String name, List<String> columns)
            throws SQLException, IOException {
        PostgresTable table = read(connection, name);
        if (table == null) {
            throw new IOException("there is no table " + name);
        }
        for (String column : columns) {
            if (table.column(column) == null) {
                throw new IOException("table " + name + " has no column " + column);
            }
        }
        return table;
    }

    /**
     * @return null if there is none of that name
     */
    PostgresColumn column(String name) {
        for (PostgresColumn column : columns) {
            if (column.name().equals(name)) {
                return column;
            }
        }
        return null;
    }

    /**
     * @param names the columns that a batch's fields are for, in their order
     */
    RowLayout layout(List<String> names) {
        return new RowLayout(
                rowTypeId,
                columns.stream().mapToInt(PostgresColumn::typeId).toArray(),
                columns.stream().mapToInt(column -> names.indexOf(column.name())).toArray(),
                names.size());
    }

    /**
     * The statement that adds rows none of which is in the table.
     *
     * @param names the columns to write
     */
    String copyStatement(List<String> names) {
        String list = names.stream().map(PostgresTable::quoted).collect(Collectors.joining(", "));
        return "COPY " + name + " (" + list + ") FROM STDIN (FORMAT binary)";
    }

    /**
     * The statement that merges a whole batch, its rows as one parameter: an array of the table's
     * own row type.
     *
     * <p>COPY into a temporary table and a merge from there cost the server as much per row in
     * large batches, two to four times as much in batches of up to 16 rows, and need the right to
     * make temporary tables. An array for each column costs more in total.
     *
     * @param names the columns to write, those of the key first
     * @param keyColumns how many these are; 0: rows are only added
     */
    String insertStatement(List<String> names, int keyColumns) {
        String list = names.stream().map(PostgresTable::quoted).collect(Collectors.joining(", "));
        String insert =
                "INSERT INTO "
                        + name
                        + " ("
                        + list
                        + ") SELECT "
                        + list
                        + " FROM UNNEST(?::"
                        + name
                        + "[])";
        if (keyColumns == 0) {
            return insert;
        }
        String key =
                names.subList(0, keyColumns).stream()
                        .map(PostgresTable::quoted)
                        .collect(Collectors.joining(", "));
        String changes =
                names.subList(keyColumns, names.size()).stream()
                        .map(PostgresTable::quoted)
                        .map(column -> column + " = EXCLUDED." + column)
                        .collect(Collectors.joining(", "));
        return insert
                + " ON CONFLICT ("
                + key
                + ") DO "
                + (changes.isEmpty() ? "NOTHING" : "UPDATE SET " + changes);
    }

    /** A name as in the settings, quoted; the first dot ends the schema. */
    static String quotedName(String name) {
        int point = name.indexOf('.');
        return point < 0
                ? quoted(name)
                : quoted(name.substring(0, point)) + "." + quoted(name.substring(point + 1));
    }

    static String quoted(String identifier) {
        return '"' + identifier.replace("\"", "\"\"") + '"';
    }
}
