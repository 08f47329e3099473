package swipestream.windows;

import static java.util.Arrays.asList;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.List;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each rule about what becomes of a row, at its edge. */
class ArrivalsTest {
    private static final String COUNT = "\"function\": \"COUNT\", \"range_ms\": 1000";
    private static final String NEWEST = "\"function\": \"NEWEST\"";
    private static final String LAG_TIME =
            "\"function\": \"LAG\", \"column\": \"t\", \"offset\": 1";

    private final OneKey key = new OneKey(COUNT);

    @Test
    void a_row_counts_itself_and_what_had_arrived_before_it() {
        assertEquals(List.of("new", 1L), key.take("1", 10));
        assertEquals(List.of("new", 2L), key.take("2", 20));
        assertEquals(List.of("new", 3L), key.take("3", 30));
    }

    @Test
    void a_row_exactly_the_range_ago_counts_and_one_a_millisecond_older_does_not() {
        OneKey key = new OneKey("\"function\": \"COUNT\", \"range_ms\": 10");
        key.take("1", 0);
        assertEquals(List.of("new", 2L), key.take("2", 10));
        assertEquals(List.of("new", 2L), key.take("3", 11));
    }

    @Test
    void of_equal_times_the_later_row_sees_the_earlier_one_only() {
        OneKey key = new OneKey("\"function\": \"COUNT\", \"range_ms\": 0");
        assertEquals(List.of("new", 1L), key.take("1", 10));
        assertEquals(List.of("new", 2L), key.take("2", 10));
        assertEquals(List.of("new", 3L), key.take("3", 10));
    }

    @Test
    void a_row_out_of_order_is_put_in_place_and_seen_by_later_ones() {
        OneKey key = new OneKey(COUNT, LAG_TIME, NEWEST);
        assertEquals(asList("new", 1L, null, 10L), key.take("1", 10));
        assertEquals(List.of("new", 2L, 10L, 30L), key.take("2", 30));
        assertEquals(List.of("new", 2L, 10L, 30L), key.take("3", 20));
        assertEquals(List.of("new", 4L, 30L, 40L), key.take("4", 40));
        assertEquals(List.of("new", 3L, 20L, 40L), key.take("5", 25));
        assertEquals(2, key.metrics.count("rowsOutOfOrder"));
    }

    @Test
    void a_row_out_of_order_comes_after_those_of_its_time() {
        OneKey key = new OneKey("\"function\": \"LAG\", \"column\": \"cents\", \"offset\": 1");
        key.take("1", 10, 1L, "a");
        key.take("2", 30, 2L, "a");
        assertEquals(List.of("new", 1L), key.take("3", 10, 3L, "a"));
        assertEquals(List.of("new", 3L), key.take("4", 20, 4L, "a"));
    }

    @Test
    void times_may_be_before_1970() {
        assertEquals(List.of("new", 1L), key.take("1", -2000));
        assertEquals(List.of("new", 2L), key.take("2", -1000));
        assertEquals(List.of("new", 2L), key.take("3", 0));
    }

    @Test
    void times_may_be_the_least_and_the_greatest() {
        assertEquals(List.of("new", 1L), key.take("1", Long.MIN_VALUE));
        assertEquals(List.of("new", 2L), key.take("2", Long.MIN_VALUE + 1000));
        assertEquals(List.of("new", 1L), key.take("3", Long.MAX_VALUE));
        assertEquals(List.of("too_old"), key.take("4", Long.MIN_VALUE));
    }

    @Test
    void the_same_row_again_is_a_copy_and_changes_nothing() {
        key.take("1", 10);
        byte[] before = key.state.clone();
        assertEquals(List.of("copy"), key.take("1", 10));
        assertArrayEquals(before, key.state);
        assertEquals(List.of("new", 2L), key.take("2", 20));
        assertEquals(1, key.metrics.count("copies"));
    }

    @Test
    void an_id_with_other_values_is_a_conflict_that_names_them() {
        key.take("1", 10, 100L, "a");
        assertEquals(List.of("conflict", "cents"), key.take("1", 10, 101L, "a"));
        assertEquals(List.of("conflict", "shop"), key.take("1", 10, 100L, "b"));
        assertEquals(List.of("conflict", "t"), key.take("1", 11, 100L, "a"));
        assertEquals(List.of("conflict", "cents, shop, t"), key.take("1", 9, 1L, "b"));
        assertEquals(List.of("conflict", "cents"), key.take("1", 10, null, "a"));
        assertEquals(List.of("copy"), key.take("1", 10, 100L, "a"));
        assertEquals(5, key.metrics.count("conflicts"));
    }

    @Test
    void null_is_the_same_as_null_only() {
        key.take("1", 10, null, "a");
        assertEquals(List.of("copy"), key.take("1", 10, null, "a"));
        assertEquals(List.of("conflict", "cents"), key.take("1", 10, 0L, "a"));
    }

    @Test
    void a_column_that_is_not_listed_may_differ_in_a_copy() {
        key.take(Row.of("card", "1", 10L, null, 100L, "a", 50.0, true));
        assertEquals(
                List.of("copy"), key.take(Row.of("card", "1", 10L, null, 100L, "a", 51.0, false)));
    }

    @Test
    void a_conflict_with_a_time_far_ahead_moves_nothing() {
        key.take("1", 10);
        assertEquals(List.of("conflict", "t"), key.take("1", 5000));
        assertEquals(List.of("new", 2L), key.take("2", 20));
    }

    @Test
    void a_row_exactly_as_old_as_is_kept_is_new_and_one_a_millisecond_older_is_not() {
        key.take("1", 2000);
        assertEquals(List.of("new", 1L), key.take("2", 2000 - OneKey.KEEP_MS));
        assertEquals(List.of("too_old"), key.take("3", 2000 - OneKey.KEEP_MS - 1));
        assertEquals(1, key.metrics.count("rowsTooOld"));
    }

    @Test
    void a_copy_of_a_row_that_is_kept_no_more_is_too_old() {
        key.take("1", 0);
        key.take("2", OneKey.KEEP_MS);
        assertEquals(List.of("copy"), key.take("1", 0));
        key.take("3", OneKey.KEEP_MS + 1);
        assertEquals(List.of("too_old"), key.take("1", 0));
    }

    @Test
    void what_is_not_kept_for_the_newest_row_is_not_seen_by_it_either() {
        OneKey key = new OneKey(LAG_TIME, "\"function\": \"COUNT\", \"rows\": 5");
        key.take("1", 0);
        assertEquals(List.of("new", 0L, 2L), key.take("2", OneKey.KEEP_MS));
        assertEquals(List.of("new", 1000L, 2L), key.take("3", OneKey.KEEP_MS + 1));
        assertEquals(asList("new", null, 1L), key.take("4", 3 * OneKey.KEEP_MS));
    }

    @Test
    void what_is_not_kept_for_the_newest_row_is_not_seen_by_one_out_of_order() {
        key.take("1", 0);
        key.take("2", 500);
        key.take("3", 1200);
        assertEquals(List.of("new", 2L), key.take("4", 600));
    }

    @Test
    void beyond_the_bound_the_oldest_leave_after_the_row_has_seen_them() {
        OneKey key = new OneKey(2, COUNT);
        assertEquals(List.of("new", 1L), key.take("1", 10));
        assertEquals(List.of("new", 2L), key.take("2", 20));
        assertEquals(List.of("new", 3L), key.take("3", 30));
        assertEquals(List.of("new", 3L), key.take("4", 40));
        assertEquals(2, key.metrics.count("entriesDroppedByBound"));
        assertEquals(2, key.metrics.gauges.get("entriesOfLongestKey").getValue());
    }

    @Test
    void a_row_out_of_order_that_is_the_oldest_beyond_the_bound_leaves_at_once() {
        OneKey key = new OneKey(2, COUNT);
        key.take("1", 20);
        key.take("2", 30);
        byte[] before = key.state.clone();
        assertEquals(List.of("new", 1L), key.take("3", 10));
        assertEquals(List.of("new", 1L), key.take("3", 10), "it is not kept, so it is no copy");
        assertEquals(List.of("copy"), key.take("1", 20));
        assertEquals(List.of("copy"), key.take("2", 30));
        assertEquals(before[12], key.state[12], "how many are kept");
    }

    @Test
    void the_newest_is_never_dropped() {
        OneKey key = new OneKey(1, COUNT, LAG_TIME);
        assertEquals(asList("new", 1L, null), key.take("1", 10));
        assertEquals(List.of("new", 2L, 10L), key.take("2", 20));
        assertEquals(asList("new", 1L, null), key.take("3", 15));
        assertEquals(List.of("copy"), key.take("2", 20));
    }

    @Test
    void a_lower_bound_counts_from_the_next_row_on() {
        OneKey key = new OneKey(COUNT, "\"function\": \"COUNT\", \"rows\": 3");
        for (int i = 1; i <= 20; i++) {
            key.take("" + i, i, 100L, "shop " + i);
        }
        String distinct =
                "\"function\": \"COUNT_DISTINCT\", \"column\": \"shop\", \"range_ms\": 1000";
        key.query(3, COUNT, distinct);
        assertEquals(List.of("new", 21L, 20L), key.take("21", 21, 100L, "shop 1"));
        assertEquals(List.of("new", 4L, 4L), key.take("22", 22, 100L, "shop 2"));
        assertEquals(List.of("new", 4L, 4L), key.take("23", 23, 100L, "shop 3"));
        assertEquals(List.of("new", 4L, 3L), key.take("24", 24, 100L, "shop 3"));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void without_a_key_an_id_or_a_time_a_row_is_skipped(int column) {
        Row row = Row.of("card", "1", 10L, null, 100L, "a", 50.0, true);
        row.setField(column, null);
        assertEquals(List.of("skipped"), key.take(row));
        assertNull(key.state);
    }

    @Test
    void a_row_with_a_reason_is_skipped_even_as_a_copy() {
        key.take("1", 10);
        byte[] before = key.state.clone();
        assertEquals(
                List.of("skipped"),
                key.take(Row.of("card", "1", 10L, "no amount", 100L, "a", 50.0, true)));
        assertArrayEquals(before, key.state);
    }

    @Test
    void all_columns_may_be_null() {
        OneKey key =
                new OneKey(
                        COUNT,
                        "\"function\": \"SUM\", \"column\": \"cents\", \"range_ms\": 10",
                        "\"function\": \"COUNT_DISTINCT\", \"column\": \"shop\", \"range_ms\": 10",
                        "\"function\": \"LAST_VALUE\", \"column\": \"latitude\", \"range_ms\": 10");
        Row row = Row.of("card", "1", 10L, null, null, null, null, null);
        assertEquals(asList("new", 1L, null, 0L, null), key.take(row));
    }
}
