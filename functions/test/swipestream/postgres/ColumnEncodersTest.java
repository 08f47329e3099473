package swipestream.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.math.BigDecimal;

/** What does not go into a column; what does is compared in test_postgres_upsert_types.py. */
class ColumnEncodersTest {
    @ParameterizedTest
    @CsvSource({
        "STRING, date",
        "STRING, int4",
        "STRING, numeric",
        "STRING, timestamp",
        "STRING, bytea",
        "INT, bool",
        "INT, date",
        "DOUBLE, int8",
        "'DECIMAL(3, 1)', int4",
        "BOOLEAN, int4",
        "BYTES, uuid",
        "DATE, timestamp",
        "TIME, timetz",
        "TIMESTAMP(3), date",
        "TIMESTAMP_LTZ(3), time",
        "STRING, inet",
        "ROW<a INT>, jsonb",
    })
    void what_needs_a_cast_is_refused(String flink, String postgres) {
        assertNull(ColumnEncoders.of(type(flink), column(postgres, -1)));
    }

    @Test
    void an_enum_and_a_json_take_text() {
        assertNotNull(
                ColumnEncoders.of(
                        type("STRING"), PostgresColumn.of("c", 1, "mood", "mood", 'E', -1)));
        assertNotNull(
                ColumnEncoders.of(
                        type("STRING"), PostgresColumn.of("c", 1, "json", "json", 'U', -1)));
    }

    @ParameterizedTest
    @CsvSource({
        "32768, int2",
        "-32769, int2",
        "2147483648, int4",
        "-2147483649, int4",
        "9223372036854775807, int4",
    })
    void a_number_out_of_range_is_refused(long number, String postgres) {
        assertRefused("BIGINT", number, column(postgres, -1));
    }

    @Test
    void a_fraction_out_of_range_is_refused() {
        assertRefused("DOUBLE", 1e39, column("float4", -1));
        assertStored("DOUBLE", Double.POSITIVE_INFINITY, column("float4", -1));
        // numeric(5, 2)
        PostgresColumn narrow = column("numeric", (5 << 16 | 2) + 4);
        assertRefused("DOUBLE", 999.996, narrow);
        assertRefused("DOUBLE", Double.POSITIVE_INFINITY, narrow);
        assertStored("DOUBLE", 999.994, narrow);
        assertStored("DOUBLE", Double.NaN, narrow);
        assertRefused("INT", 1000, narrow);
        DecimalData thousand = DecimalData.fromBigDecimal(new BigDecimal("1000.0"), 10, 1);
        assertRefused("DECIMAL(10, 1)", thousand, narrow);
    }

    @Test
    void a_text_too_long_or_no_uuid_is_refused() {
        PostgresColumn three = column("varchar", 7);
        assertStored("STRING", StringData.fromString("größ"), column("varchar", 8));
        assertStored("STRING", StringData.fromString("abc   "), three);
        assertRefused("STRING", StringData.fromString("abcd"), three);
        assertRefused("INT", 1234, three);
        assertRefused("STRING", StringData.fromString("4111"), column("uuid", -1));
    }

    private static void assertStored(String flink, Object value, PostgresColumn column) {
        ColumnEncoders.of(type(flink), column).put(GenericRowData.of(value), 0, new RowBatch(0));
    }

    private static void assertRefused(String flink, Object value, PostgresColumn column) {
        UnstorableValueException refusal =
                assertThrows(
                        UnstorableValueException.class, () -> assertStored(flink, value, column));
        assertEquals(
                "a value of column c does not fit into " + column.shownType(),
                refusal.getMessage());
    }

    private static LogicalType type(String text) {
        return LogicalTypeParser.parse(text, ColumnEncodersTest.class.getClassLoader());
    }

    private static PostgresColumn column(String type, int modifier) {
        char category = type.equals("varchar") ? 'S' : 'U';
        return PostgresColumn.of("c", 1, type, type, category, modifier);
    }
}
