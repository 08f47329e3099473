package swipestream.json;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.table.data.RowData;
import org.apache.flink.types.ColumnList;
import org.apache.flink.types.Row;
import org.apache.flink.util.Collector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a message becomes, rule by rule. */
class ReadJsonTest {
    private static final String FIELDS = "id STRING, cents BIGINT, latitude DOUBLE";
    private static final int ID = 1;
    private static final int CENTS = 2;
    private static final int LATITUDE = 3;

    private final List<RowData> rows = new ArrayList<>();
    private final ReadJson function = new ReadJson();

    ReadJsonTest() {
        function.setCollector(
                new Collector<>() {
                    @Override
                    public void collect(RowData row) {
                        rows.add(row);
                    }

                    @Override
                    public void close() {}
                });
    }

    private RowData read(byte[] message) {
        rows.clear();
        Row input = Row.withNames();
        input.setField("other", 17);
        input.setField("message", message);
        function.eval(input, ColumnList.of("message"), FIELDS);
        assertEquals(1, rows.size(), "one row for each message");
        return rows.get(0);
    }

    private RowData read(String message) {
        return read(message.getBytes(StandardCharsets.UTF_8));
    }

    private static String problem(RowData row) {
        return row.isNullAt(0) ? null : row.getString(0).toString();
    }

    private String id(String message) {
        RowData row = read(message);
        assertNull(problem(row));
        return row.isNullAt(ID) ? null : row.getString(ID).toString();
    }

    private Long cents(String value) {
        RowData row = read("{\"cents\":" + value + "}");
        assertNull(problem(row));
        return row.isNullAt(CENTS) ? null : row.getLong(CENTS);
    }

    private Double latitude(String value) {
        RowData row = read("{\"latitude\":" + value + "}");
        assertNull(problem(row));
        return row.isNullAt(LATITUDE) ? null : row.getDouble(LATITUDE);
    }

    private void assertRejected(String reason, byte[] message) {
        RowData row = read(message);
        assertEquals(reason, problem(row));
        for (int field = 1; field < row.getArity(); field++) {
            assertTrue(row.isNullAt(field), "fields are NULL");
        }
    }

    private void assertRejected(String reason, String message) {
        assertRejected(reason, message.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] bytes(int... values) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int value : values) {
            out.write(value);
        }
        return out.toByteArray();
    }

    /** A text field with these bytes in it. */
    private static byte[] around(int... values) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes("{\"id\":\"".getBytes(StandardCharsets.UTF_8));
        out.writeBytes(bytes(values));
        out.writeBytes("\"}".getBytes(StandardCharsets.UTF_8));
        return out.toByteArray();
    }

    @Test
    void fields_are_read_by_name_in_any_order() {
        for (String message :
                new String[] {
                    "{\"id\":\"a\",\"cents\":7,\"latitude\":-1.5}",
                    " {\"latitude\" :\t-1.5 ,\r\n \"id\": \"a\", \"cents\" : 7 } \n",
                    "{\"other\":{\"id\":\"b\",\"cents\":[1,{\"id\":null}]},\"cents\":7,\"x\":1,"
                            + "\"id\":\"a\",\"ident\":0,\"latitude\":-1.5,\"\":[[],{}]}"
                }) {
            RowData row = read(message);
            assertNull(problem(row));
            assertEquals("a", row.getString(ID).toString());
            assertEquals(7, row.getLong(CENTS));
            assertEquals(-1.5, row.getDouble(LATITUDE));
        }
    }

    @Test
    void a_field_that_is_missing_or_null_is_null() {
        for (String message : new String[] {"{}", " { } ", "{\"id\":null,\"cents\":null}"}) {
            RowData row = read(message);
            assertNull(problem(row));
            assertTrue(row.isNullAt(ID) && row.isNullAt(CENTS) && row.isNullAt(LATITUDE));
        }
    }

    @Test
    void of_equal_names_the_last_one_counts() {
        assertEquals("b", id("{\"id\":\"a\",\"id\":\"b\"}"));
        assertNull(id("{\"id\":\"a\",\"id\":null}"));
        assertEquals("b", id("{\"id\":[1],\"id\":\"b\"}"));
        assertEquals("id is a list or an object", problem(read("{\"id\":\"a\",\"id\":[1]}")));
    }

    @Test
    void a_name_may_be_written_with_escapes() {
        assertEquals("a", id("{\"\\u0069d\":\"a\"}"));
        assertEquals("a", id("{\"i\\u0064\":\"a\"}"));
        assertNull(id("{\"i\\\\d\":\"a\",\"i\\nd\":\"a\"}"));
    }

    @Test
    void a_text_may_be_written_with_escapes() {
        assertEquals(
                "\"\\/\b\f\n\r\té😀",
                id("{\"id\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00E9\\ud83d\\uDE00\"}"));
        assertEquals("\ufffd\u0000\u007f", id("{\"id\":\"\ufffd\\u0000\u007f\"}"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"17", "-0", "1e3", "12.50", "true", "false"})
    void a_text_field_takes_a_number_or_boolean_as_it_is_written(String value) {
        assertEquals(value, id("{\"id\":" + value + "}"));
    }

    @ParameterizedTest
    @CsvSource({
        "700, 700", "-0, 0", "12.0, 12", "1e3, 1000", "1E+3, 1000", "1.50e1, 15", "10e-1, 1",
        "0e99999999999, 0", "\"700\", 700", "\"-1e3\", -1000", "\"7\\u00300\", 700",
        "9223372036854775807, 9223372036854775807", "-9223372036854775808, -9223372036854775808",
        "9.223372036854775807e18, 9223372036854775807",
        "9223372036854775807000e-3, 9223372036854775807"
    })
    void a_whole_number_may_be_written_in_many_ways(String value, long expected) {
        assertEquals(expected, cents(value));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "12.7", "\"12.7\"", "15e-1", "1e-400", "1e-4294967296", "\"\"", "\" 7\"", "\"7 \"",
        "\"+7\"", "\"07\"", "\".5\"", "\"5.\"", "\"1e\"", "\"0x7\"", "\"seven\"", "\"NaN\"", "true",
        "false", "null"
    })
    void what_is_no_whole_number_is_null(String value) {
        assertNull(cents(value));
    }

    @ParameterizedTest
    @ValueSource(strings = {"9223372036854775808", "1e19", "1e99999999999", "1e4294967296"})
    void beyond_64_bits_a_whole_number_is_the_nearest_that_fits(String value) {
        assertEquals(Long.MAX_VALUE, cents(value));
        assertEquals(Long.MIN_VALUE, cents("-" + value + (value.endsWith("8") ? "0" : "")));
    }

    @ParameterizedTest
    @CsvSource({
        "52.520008, 52.520008", "-0.0, -0.0", "1e-400, 0.0", "\"1.5\", 1.5", "4.35, 4.35",
        "1.7976931348623157e308, 1.7976931348623157e308", "9007199254740993, 9007199254740992",
        "0.000000000000000000000001, 1e-24", "123456789012345678e-10, 12345678.9012345678"
    })
    void a_double_is_the_nearest_one(String value, double expected) {
        assertEquals(expected, latitude(value));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "1e309", "-1e309", "1.7976931348623159e308", "\"1e309\"", "\"abc\"", "\"\"", "\"Infinity\"",
        "\"1.5d\"", "\"0x1p3\"", "true"
    })
    void what_is_no_double_is_null_and_a_problem(String value) {
        RowData row = read("{\"latitude\":" + value + ",\"id\":\"a\"}");
        assertEquals("latitude is not a number", problem(row));
        assertTrue(row.isNullAt(LATITUDE));
        assertEquals("a", row.getString(ID).toString());
        assertNull(latitude("null"));
        assertNull(problem(read("{\"latitude\":" + value + ",\"latitude\":1}")), "the last counts");
    }

    @Test
    void a_field_that_is_a_list_or_an_object_is_a_problem_and_the_others_are_read() {
        RowData row = read("{\"cents\":[],\"id\":{\"a\":[1,{}]},\"latitude\":1,\"x\":[1]}");
        assertEquals("id is a list or an object", problem(row));
        assertTrue(row.isNullAt(ID) && row.isNullAt(CENTS));
        assertEquals(1.0, row.getDouble(LATITUDE));
        assertNull(id("{}"), "it is forgotten with the message");
        assertRejected(MessageReader.NOT_JSON, "{\"id\":[]");
        assertNull(problem(read("{\"id\":[1],\"id\":\"b\"}")));
    }

    @Test
    void no_bytes_are_empty_and_white_space_is_no_json() {
        assertRejected(MessageReader.EMPTY, (byte[]) null);
        assertRejected(MessageReader.EMPTY, "");
        assertRejected(MessageReader.NOT_JSON, " \n");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "{", "{\"id\"", "{\"id\":", "{\"id\":\"a\"", "{\"id\":\"a", "{\"id\":\"a\",",
        "{\"id\":\"a\",}", "{,}", "{id:1}", "{'id':1}", "{\"id\" 1}", "{\"id\":}",
        "{\"id\":1 \"cents\":2}", "{1:2}", "}", "[1", "[1,]", "[,1]", "[1 2]", "[1}", "{\"id\":1]",
        "[] x", "1 2", "\"a\" \"b\"", "abc", "id=1", "{\"id\":tru}", "{\"id\":truee}",
        "{\"id\":True}", "{\"id\":nul}", "nullnull", "{\"id\":01}", "{\"id\":-}", "{\"id\":+1}",
        "{\"id\":.5}", "{\"id\":5.}", "{\"id\":1e}", "{\"id\":0x10}", "{\"id\":NaN}",
        "{\"id\":Infinity}", "{\"id\":-Infinity}", "NaN", "{\"x\":NaN}", "{\"x\":[1,NaN]}",
        "{\"id\":\"\t\"}", "{\"id\":\"\n\"}", "{\"i\rd\":1}", "{\"x\":\"\u0000\"}", "{\u0000}",
        "{\"id\":\"\\x\"}", "{\"id\":\"\\u12\"}", "{\"id\":\"\\u12g4\"}", "{\"x\":\"\\'\"}",
        "{\"id\":\"\\", "{\"id\":\"\\u+123\"}", "{\"id\":1/*2*/}", "// a\n{}", "\u00a0{}",
        "{\u2028}", "{\"id\":\u0661}", "{\"id\":\"\\u\u0661\u0661\u0661\u0661\"}"
    })
    void what_is_not_json_by_the_letter_is_not_json(String message) {
        assertRejected(MessageReader.NOT_JSON, message);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "{\"id\":\"\\ud800\"}", "{\"id\":\"\\udc00\"}", "{\"id\":\"\\ud800x\"}",
        "{\"x\":\"\\ud800\\n\"}", "{\"\\ud800\":1}", "{\"id\":\"\\ud800\\ud800\"}",
        "{\"x\":[\"\\udc00\\ud800\"]}", "{\"id\":\"\\ud800\\", "{\"id\":\"\\ud800\\u\"}"
    })
    void half_of_a_character_is_not_json(String message) {
        assertRejected(MessageReader.NOT_JSON, message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "-1.5e3", "\"a\"", "true", "null", " 0 \n"})
    void a_scalar_is_no_object(String message) {
        assertRejected(MessageReader.NOT_OBJECT, message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "[{\"id\":\"a\"}]", " [1, [2, {\"a\": []}], \"]\"]\n"})
    void a_list_is_rejected_as_a_whole(String message) {
        assertRejected(MessageReader.LIST, message);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "{\"id\":\"a\"}{\"id\":\"b\"}", "{} {}", "{},", "{}}", "{}\u0000", "{}x", "{}\f"
    })
    void only_white_space_may_follow_an_object(String message) {
        assertRejected(MessageReader.GOES_ON, message);
    }

    @Test
    void what_is_no_utf_8_is_rejected_wherever_it_is() {
        for (int[] wrong :
                new int[][] {
                    {0x80}, {0xc3}, {0xc3, 0x28}, {0xc0, 0xaf}, {0xe0, 0x80, 0xaf},
                    {0xed, 0xa0, 0x80}, {0xed, 0xbf, 0xbf}, {0xf0, 0x80, 0x80, 0xaf},
                    {0xf4, 0x90, 0x80, 0x80}, {0xf8}, {0xff}, {0xe6, 0xbc}, {0xf0, 0x9f, 0x98}
                }) {
            assertRejected(MessageReader.NOT_UTF8, around(wrong));
            assertRejected(MessageReader.NOT_UTF8, bytes(wrong));
        }
        assertRejected(MessageReader.NOT_UTF8, bytes('{', '"', 'x', '"', ':', '"', 0xff, '"', '}'));
        assertRejected(MessageReader.NOT_UTF8, bytes('{', '"', 0xff, '"', ':', '1', '}'));
        assertRejected(MessageReader.NOT_UTF8, bytes('{', '}', 0xff));
        assertRejected(MessageReader.NOT_UTF8, bytes('{', 0xff, '}'));
        assertRejected(MessageReader.NOT_UTF8, bytes('[', '"', 0xff, '"', ']'));
        assertEquals("é", id("{\"id\":\"é\"}"));
        assertEquals("\ufffd", id("{\"id\":\"\ufffd\"}"));
    }

    @Test
    void no_other_encoding_is_guessed() {
        String message = "{\"id\":\"a\"}";
        assertRejected(MessageReader.NOT_JSON, "\ufeff" + message);
        for (String name : new String[] {"UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE"}) {
            assertRejected(MessageReader.NOT_JSON, message.getBytes(Charset.forName(name)));
        }
        for (String mark : new String[] {"UTF-16", "X-UTF-16LE-BOM", "X-UTF-32LE-BOM"}) {
            assertRejected(MessageReader.NOT_UTF8, message.getBytes(Charset.forName(mark)));
        }
    }

    @ParameterizedTest
    @CsvSource({"'[', ']', 1", "'{\"a\":', '}', 0", "'[{\"a\":', '}]', 1"})
    void nesting_ends_at_a_thousand_levels(String open, String close, String value) {
        int each = open.contains("[{") ? 2 : 1;
        String most = "{\"x\":" + nested(open, close, value, 999 / each) + "}";
        assertNull(problem(read(most)));
        String tooMany = "{\"x\":" + nested(open, close, value, 1000 / each) + "}";
        assertRejected(MessageReader.NOT_JSON, tooMany);
        assertRejected(MessageReader.NOT_JSON, nested(open, close, value, 1_000_000));
        assertRejected(MessageReader.NOT_JSON, open.repeat(1_000_000));
    }

    private static String nested(String open, String close, String value, int times) {
        return open.repeat(times) + value + close.repeat(times);
    }

    @Test
    void a_number_ends_at_a_thousand_digits() {
        assertEquals(Long.MAX_VALUE, cents("1".repeat(1000)));
        assertEquals(1L, cents("1." + "0".repeat(999)));
        assertEquals(1.0, latitude("1." + "0".repeat(999)));
        assertEquals(1, cents("1" + "0".repeat(995) + "e-995"));
        assertRejected(MessageReader.NOT_JSON, "{\"cents\":" + "1".repeat(1001) + "}");
        assertRejected(MessageReader.NOT_JSON, "{\"x\":[-1." + "0".repeat(1000) + "]}");
        assertRejected(MessageReader.NOT_JSON, "{\"x\":1e" + "0".repeat(1000) + "}");
        assertNull(cents("\"" + "0." + "0".repeat(1000) + "\""), "nor is it one in a text");
    }

    @Test
    void a_text_or_name_may_be_long() {
        String text = "é".repeat(500_000);
        assertEquals(text, id("{\"" + text + "\":1,\"id\":\"" + text + "\"}"));
    }

    @Test
    void the_message_is_not_changed() {
        String text = "{\"id\":\"a\\n\",\"cents\":\"1\\u0030\"}";
        byte[] message = text.getBytes(StandardCharsets.UTF_8);
        byte[] before = message.clone();
        read(message);
        assertArrayEquals(before, message);
    }

    @Test
    void a_row_is_not_changed_by_the_next_one() {
        RowData first = read("{\"id\":\"a\"}");
        read("{\"id\":\"b\"}");
        assertEquals("a", first.getString(ID).toString());
    }
}
