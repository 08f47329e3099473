package swipestream.windows;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.apache.flink.table.api.ValidationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is refused before anything runs, and with which message. */
class WindowSpecTest {
    private static final String START =
            "{\"id\": \"id\", \"time\": \"t\", \"keep_ms\": 1000, \"most\": 10,"
                    + " \"kept\": [\"cents\", \"shop\", \"latitude\", \"is_online\"]";

    private static String refusal(String json) {
        String message =
                assertThrows(
                                ValidationException.class,
                                () -> new Windows(new WindowSpec(json), OneKey.INPUT))
                        .getMessage();
        return message.replace("spec of trailing_windows: ", "");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "           | it is not a JSON object; write {...}",
                "[]         | it is not a JSON object; write {...}",
                "{\"id\": 1 | it is not JSON: Unexpected end-of-input: expected close marker for"
                    + " Object",
                "{} {}      | it is not JSON: Trailing token",
                "{\"id\": \"a\", \"id\": \"b\"} | it is not JSON: Duplicate field 'id'",
                "{}         | id is missing or not a text; write \"id\": ...",
                "{\"id\": 7} | id is missing or not a text; write \"id\": ...",
                "{\"key\": 7} | unknown member key; write some of forget_after_ms, id, keep_ms,"
                    + " kept, most, outputs, same, skip_if, time",
            })
    void what_is_no_spec_is_refused(String json, String expected) {
        String refusal = refusal(json == null ? "" : json);
        assertEquals(expected, refusal.substring(0, Math.min(expected.length(), refusal.length())));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"id\": \"id\"| \"id\": \"card_id\" | id names the column card_id, which the input"
                    + " has not; it has card, id, t, reason, cents, shop, latitude, is_online",
                "\"id\": \"id\"| \"id\": \"cents\" | id names cents, which is BIGINT;"
                        + " CAST it AS STRING before the call",
                "\"time\": \"t\" | \"time\": \"reason\" | time names reason, which is STRING;"
                        + " make it BIGINT, in milliseconds",
                "\"keep_ms\": 1000 | \"keep_ms\": 0 | keep_ms is 0; write a whole number from 1 on",
                "\"keep_ms\": 1000 | \"keep_ms\": 1.5 | keep_ms is 1.5; write a whole number from 1"
                    + " on",
                ", \"keep_ms\": 1000 | `` | keep_ms is missing; write a whole number from 1 on",
                "\"keep_ms\": 1000 | \"keep_ms\": 2592000000 | an idle key is forgotten after"
                        + " 2592000000 ms, but kept for 2592000000;"
                        + " write a forget_after_ms above keep_ms",
                "\"keep_ms\": 1000 | \"keep_ms\": 1000, \"forget_after_ms\": 1000 | an idle key is"
                        + " forgotten after 1000 ms, but kept for 1000;"
                        + " write a forget_after_ms above keep_ms",
                "\"most\": 10 | \"most\": 3000000000 | most is 3000000000;"
                        + " write a whole number from 1 to 2147483647",
                "\"most\": 10 | \"most\": 100000000 | 100000000 rows of 49 bytes do not fit into a"
                        + " state; write a most of 21913098 or less",
                "\"kept\": [ | \"kept\": [\"t\", | kept names the time column t;"
                        + " leave it out, the time is kept anyway",
                "\"kept\": [ | \"kept\": [\"shop\", | kept names shop twice; name it once",
                "\"kept\": [ | \"kept\": [\"colour\", | kept names the column colour, which the"
                    + " input has not; it has card, id, t, reason, cents, shop, latitude,"
                    + " is_online",
                "\"kept\": [ | \"kept\": [7, | kept has 7 in it; write a list of columns",
                "\"kept\": [ | \"kept\": \"cents\", \"same\": [ | kept is not a list;"
                        + " write a list of columns",
                "\"most\": 10 | \"most\": 10, \"same\": [\"reason\"] | same names reason, which is"
                    + " not kept; add it to kept",
                "\"most\": 10 | \"most\": 10, \"skip_if\": \"why\" | skip_if names the column why,"
                    + " which the input has not; it has card, id, t, reason, cents, shop, latitude,"
                    + " is_online",
                "\"outputs\": [] | \"outputs\": {} | there are no outputs;"
                        + " write a list, it may be empty",
                "\"outputs\": [] | \"outputs\": [7] | an output is 7;"
                        + " write an object with name and function",
            })
    void what_does_not_fit_together_is_refused(String written, String instead, String expected) {
        String json = START + ", \"outputs\": []}";
        assertEquals(0, new WindowSpec(json).outputs.size());
        String other = json.replace(written, instead);
        assertEquals(false, other.equals(json), written);
        assertEquals(expected, refusal(other));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`` | w: function is missing or not a text; write \"function\": ...",
                "\"function\": \"MEDIAN\" | w: unknown function MEDIAN; write one of [COUNT, SUM,"
                    + " AVG, MIN, MAX, STDDEV_SAMP, COUNT_DISTINCT, LAG, FIRST_VALUE, LAST_VALUE,"
                    + " NEWEST]",
                "\"function\": \"COUNT\" | w: COUNT needs a frame; write either range_ms or rows",
                "\"function\": \"COUNT\", \"rows\": 1, \"range_ms\": 1 | w: COUNT needs one frame;"
                        + " write either range_ms or rows",
                "\"function\": \"COUNT\", \"range_ms\": -1 | w: range_ms is -1;"
                        + " write a whole number from 0 on",
                "\"function\": \"COUNT\", \"range_ms\": 1001 | w: the range of 1001 ms is longer"
                    + " than the 1000 ms that rows are kept; write a keep_ms that is not below the"
                    + " longest range_ms",
                "\"function\": \"COUNT\", \"rows\": 11 | w: rows is 11;"
                        + " write a whole number from 0 to 10",
                "\"function\": \"COUNT\", \"range_ms\": 1, \"unit\": 1 | w: unknown member unit;"
                    + " write some of column, filter, function, name, offset, range_ms, rows",
                "\"function\": \"SUM\", \"rows\": 1 | w: SUM needs a column; name one that is kept",
                "\"function\": \"SUM\", \"rows\": 1, \"column\": \"reason\" | w names reason, which"
                    + " is not kept; add it to kept",
                "\"function\": \"SUM\", \"rows\": 1, \"column\": \"shop\" | w: there is no SUM of"
                    + " shop, which is STRING; CAST it before the call",
                "\"function\": \"MAX\", \"rows\": 1, \"column\": \"is_online\" | w: there is no MAX"
                    + " of is_online, which is BOOLEAN; CAST it before the call",
                "\"function\": \"LAG\", \"offset\": 1, \"column\": \"shop\" | w: there is no LAG of"
                    + " shop, which is STRING; CAST it before the call",
                "\"function\": \"LAG\", \"column\": \"cents\" | w: LAG needs offset;"
                        + " write an offset for LAG, and only there",
                "\"function\": \"LAG\", \"column\": \"cents\", \"offset\": 0 | w: offset is 0;"
                        + " write a whole number from 1 to 10",
                "\"function\": \"LAG\", \"column\": \"cents\", \"offset\": 1, \"rows\": 1 | w: LAG"
                    + " has no frame; leave range_ms and rows out",
                "\"function\": \"LAG\", \"column\": \"cents\", \"offset\": 1, \"filter\":"
                    + " \"is_online\" | w: LAG takes no filter; leave filter out",
                "\"function\": \"SUM\", \"column\": \"cents\", \"offset\": 1, \"rows\": 1 | w: SUM"
                    + " takes no offset; write an offset for LAG, and only there",
                "\"function\": \"COUNT\", \"rows\": 1, \"filter\": \"cents\" | w: the filter cents"
                    + " is BIGINT; name a BOOLEAN column",
                "\"function\": \"COUNT\", \"rows\": 1, \"filter\": \"is_new\" | w names is_new,"
                    + " which is not kept; add it to kept",
                "\"function\": \"NEWEST\", \"column\": \"t\" | w: NEWEST is of the time;"
                        + " leave column out",
            })
    void a_window_that_cannot_be_had_is_refused(String members, String expected) {
        String output = "{\"name\": \"w\"" + (members.isEmpty() ? "" : ", " + members) + "}";
        assertEquals(expected, refusal(START + ", \"outputs\": [" + output + "]}"));
    }

    @ParameterizedTest
    @CsvSource({"cents", "outcome", "differs", "twice"})
    void a_name_is_given_once(String name) {
        String newest = "\"function\": \"NEWEST\"}";
        assertEquals(
                "there are two columns named "
                        + name
                        + "; name one of the input or the output otherwise",
                refusal(
                        START
                                + ", \"outputs\": [{\"name\": \"twice\", "
                                + newest
                                + ", {\"name\": \""
                                + name
                                + "\", "
                                + newest
                                + "]}"));
    }

    @Test
    void all_but_what_is_needed_may_be_left_out() {
        WindowSpec spec =
                new WindowSpec(
                        "{\"id\": \"id\", \"time\": \"t\", \"keep_ms\": 1, \"most\": 1,"
                            + " \"outputs\": []}");
        assertEquals(30L * 24 * 60 * 60 * 1000, spec.forgetAfterMs);
        assertEquals(2, new Windows(spec, OneKey.INPUT).output().length);
    }
}
