package swipestream.postgres;

import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;

import java.nio.charset.StandardCharsets;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Objects;
import java.util.Set;

/**
 * Takes one column of a row that the database sent, as Flink holds it.
 *
 * @param types names of the database's types that it understands; empty: all
 */
record ColumnReader(Set<String> types, Take take) {

    interface Take {
        /**
         * @param column from 1 on
         * @return null for NULL
         */
        Object from(ResultSet row, int column) throws SQLException;
    }

    /**
     * @return null if there is none for this type
     */
    static ColumnReader of(LogicalType type) {
        return switch (type.getTypeRoot()) {
            case VARCHAR -> new ColumnReader(Set.of(), ColumnReader::text);
            case BOOLEAN ->
                    new ColumnReader(
                            Set.of("bool"),
                            (row, column) -> orNull(row, row.getBoolean(column)));
            case INTEGER ->
                    new ColumnReader(
                            Set.of("int2", "int4"),
                            (row, column) -> orNull(row, row.getInt(column)));
            case BIGINT ->
                    new ColumnReader(
                            Set.of("int2", "int4", "int8"),
                            (row, column) -> orNull(row, row.getLong(column)));
            case DOUBLE ->
                    new ColumnReader(
                            Set.of("int2", "int4", "float4", "float8", "numeric"),
                            (row, column) -> orNull(row, row.getDouble(column)));
            case ARRAY -> ofElements(((ArrayType) type).getElementType());
            default -> null;
        };
    }

    private static ColumnReader ofElements(LogicalType type) {
        return switch (type.getTypeRoot()) {
            case INTEGER -> new ColumnReader(Set.of("_int4"), ColumnReader::array);
            case BIGINT -> new ColumnReader(Set.of("_int8"), ColumnReader::array);
            case DOUBLE -> new ColumnReader(Set.of("_float8"), ColumnReader::array);
            default -> null;
        };
    }

    boolean understands(PostgresColumn column) {
        return types.isEmpty() || types.contains(column.type());
    }

    private static StringData text(ResultSet row, int column) throws SQLException {
        String text = row.getString(column);
        // From bytes it is whole at once, and tasks may share it.
        return text == null ? null : StringData.fromBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    private static Object orNull(ResultSet row, Object value) throws SQLException {
        return row.wasNull() ? null : value;
    }

    private static GenericArrayData array(ResultSet row, int column) throws SQLException {
        Array array = row.getArray(column);
        return array == null ? null : compact((Object[]) array.getArray());
    }

    /** Without a NULL, as numbers in a row: a quarter of the memory. */
    private static GenericArrayData compact(Object[] values) {
        if (!Arrays.stream(values).allMatch(Objects::nonNull)) {
            return new GenericArrayData(values);
        }
        if (values instanceof Integer[] numbers) {
            return new GenericArrayData(Arrays.stream(numbers).mapToInt(n -> n).toArray());
        }
        if (values instanceof Long[] numbers) {
            return new GenericArrayData(Arrays.stream(numbers).mapToLong(n -> n).toArray());
        }
        return new GenericArrayData(
                Arrays.stream((Double[]) values).mapToDouble(n -> n).toArray());
    }
}
