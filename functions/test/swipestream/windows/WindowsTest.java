package swipestream.windows;

import static java.util.Arrays.asList;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.Test;

/** The value of each function in SQL's edge cases. */
class WindowsTest {
    private static final String RANGE = ", \"range_ms\": 100";

    private static String of(String function, String column) {
        return "\"function\": \"" + function + "\", \"column\": \"" + column + "\"" + RANGE;
    }

    private static String filtered(String function, String column) {
        return of(function, column) + ", \"filter\": \"is_online\"";
    }

    private static Row row(int id, Long cents, Double latitude, Boolean isOnline) {
        return Row.of("card", "" + id, (long) id, null, cents, "shop", latitude, isOnline);
    }

    @Test
    void of_no_value_a_count_is_0_and_all_else_null() {
        OneKey key =
                new OneKey(
                        of("COUNT", "cents"),
                        of("COUNT_DISTINCT", "cents"),
                        of("SUM", "cents"),
                        of("AVG", "cents"),
                        of("MIN", "cents"),
                        of("MAX", "cents"),
                        of("STDDEV_SAMP", "cents"),
                        of("SUM", "latitude"),
                        of("AVG", "latitude"));
        assertEquals(
                asList("new", 0L, 0L, null, null, null, null, null, null, null),
                key.take(row(1, null, null, true)));
    }

    @Test
    void values_that_are_null_are_left_out() {
        OneKey key =
                new OneKey(
                        of("COUNT", "cents"),
                        of("COUNT_DISTINCT", "cents"),
                        of("SUM", "cents"),
                        of("AVG", "cents"),
                        of("MIN", "cents"),
                        of("MAX", "cents"),
                        of("STDDEV_SAMP", "cents"));
        key.take(row(1, 2L, null, true));
        key.take(row(2, null, null, true));
        key.take(row(3, 4L, null, true));
        assertEquals(
                List.of("new", 3L, 3L, 12L, 4.0, 2L, 6L, 2.0), key.take(row(4, 6L, null, true)));
    }

    @Test
    void the_deviation_of_one_value_is_null_and_of_equal_ones_0() {
        OneKey key = new OneKey(of("STDDEV_SAMP", "cents"));
        assertEquals(asList("new", null), key.take(row(1, 7L, null, true)));
        assertEquals(List.of("new", 0.0), key.take(row(2, 7L, null, true)));
    }

    @Test
    void a_deviation_of_large_numbers_that_differ_little_is_exact() {
        OneKey key = new OneKey(of("STDDEV_SAMP", "cents"), of("STDDEV_SAMP", "latitude"));
        key.take(row(1, Long.MAX_VALUE - 2, 1e15, true));
        key.take(row(2, Long.MAX_VALUE - 1, 1e15 + 1, true));
        assertEquals(List.of("new", 1.0, 1.0), key.take(row(3, Long.MAX_VALUE, 1e15 + 2, true)));
    }

    @Test
    void a_filter_lets_pass_what_is_true() {
        OneKey key =
                new OneKey(
                        "\"function\": \"COUNT\", \"filter\": \"is_online\"" + RANGE,
                        filtered("SUM", "cents"),
                        filtered("COUNT_DISTINCT", "cents"),
                        filtered("MAX", "latitude"));
        assertEquals(asList("new", 0L, null, 0L, null), key.take(row(1, 1L, 1.0, false)));
        assertEquals(asList("new", 0L, null, 0L, null), key.take(row(2, 2L, 2.0, null)));
        assertEquals(List.of("new", 1L, 4L, 1L, 4.0), key.take(row(3, 4L, 4.0, true)));
        assertEquals(List.of("new", 1L, 4L, 1L, 4.0), key.take(row(4, 8L, 8.0, false)));
        assertEquals(List.of("new", 2L, 8L, 1L, 4.0), key.take(row(5, 4L, 3.0, true)));
    }

    @Test
    void lag_and_the_first_and_last_value_give_nulls_back() {
        OneKey key =
                new OneKey(
                        "\"function\": \"LAG\", \"column\": \"cents\", \"offset\": 1",
                        "\"function\": \"LAG\", \"column\": \"is_online\", \"offset\": 2",
                        of("FIRST_VALUE", "cents"),
                        of("LAST_VALUE", "cents"));
        assertEquals(asList("new", null, null, null, null), key.take(row(1, null, null, true)));
        assertEquals(asList("new", null, null, null, 5L), key.take(row(2, 5L, null, false)));
        assertEquals(asList("new", 5L, true, null, null), key.take(row(3, null, null, null)));
        assertEquals(asList("new", null, false, null, 6L), key.take(row(4, 6L, null, true)));
        assertEquals(asList("new", 6L, null, 5L, 7L), key.take(row(102, 7L, null, true)));
    }

    @Test
    void a_frame_of_rows_has_so_many_before_the_row() {
        OneKey key =
                new OneKey(
                        "\"function\": \"SUM\", \"column\": \"cents\", \"rows\": 0",
                        "\"function\": \"SUM\", \"column\": \"cents\", \"rows\": 2",
                        "\"function\": \"FIRST_VALUE\", \"column\": \"cents\", \"rows\": 2");
        assertEquals(List.of("new", 1L, 1L, 1L), key.take(row(1, 1L, null, true)));
        assertEquals(List.of("new", 2L, 3L, 1L), key.take(row(2, 2L, null, true)));
        assertEquals(List.of("new", 4L, 7L, 1L), key.take(row(3, 4L, null, true)));
        assertEquals(List.of("new", 8L, 14L, 2L), key.take(row(4, 8L, null, true)));
    }

    @Test
    void a_sum_beyond_64_bits_is_null_until_it_fits_again() {
        OneKey key = new OneKey(of("SUM", "cents"), of("AVG", "cents"));
        key.take(row(1, Long.MAX_VALUE, null, true));
        assertEquals(asList("new", null, 0x1p62), key.take(row(2, 1L, null, true)));
        assertEquals(List.of("new", Long.MAX_VALUE, 0x1p63 / 3), key.take(row(3, -1L, null, true)));
        assertEquals(List.of("new", -1L, -1 / 4.0), key.take(row(4, Long.MIN_VALUE, null, true)));
        assertEquals(
                List.of("new", Long.MIN_VALUE, -0x1p63 / 4), key.take(row(102, 0L, null, true)));
    }

    @Test
    void fractions_keep_their_bits() {
        OneKey key = new OneKey("\"function\": \"LAG\", \"column\": \"latitude\", \"offset\": 1");
        for (double value :
                new double[] {-0.0, Double.NaN, Double.NEGATIVE_INFINITY, Double.MIN_VALUE}) {
            key = new OneKey("\"function\": \"LAG\", \"column\": \"latitude\", \"offset\": 1");
            key.take(row(1, null, value, true));
            assertEquals(List.of("new", value), key.take(row(2, null, 1.0, true)));
        }
    }

    @Test
    void nan_is_greater_than_all_else_and_makes_sums_nan() {
        OneKey key =
                new OneKey(
                        of("MIN", "latitude"),
                        of("MAX", "latitude"),
                        of("SUM", "latitude"),
                        of("STDDEV_SAMP", "latitude"));
        key.take(row(1, null, Double.POSITIVE_INFINITY, true));
        key.take(row(2, null, Double.NaN, true));
        assertEquals(
                List.of("new", 1.0, Double.NaN, Double.NaN, Double.NaN),
                key.take(row(3, null, 1.0, true)));
        assertEquals(
                List.of("new", 1.0, Double.NaN, Double.NaN, Double.NaN),
                key.take(row(4, null, 2.0, true)));
        assertEquals(asList("new", 3.0, 3.0, 3.0, null), key.take(row(200, null, 3.0, true)));
    }

    @Test
    void zeros_of_both_signs_are_one_value_and_so_is_every_nan() {
        OneKey key = new OneKey(of("COUNT_DISTINCT", "latitude"));
        key.take(row(1, null, 0.0, true));
        assertEquals(List.of("new", 1L), key.take(row(2, null, -0.0, true)));
        assertEquals(List.of("new", 2L), key.take(row(3, null, Double.NaN, true)));
        assertEquals(
                List.of("new", 2L),
                key.take(row(4, null, Double.longBitsToDouble(0xfff8000000000001L), true)));
        assertEquals(List.of("new", 2L), key.take(row(102, null, 0.0, true)), "1 has left");
    }

    @Test
    void a_value_counts_until_its_last_row_leaves() {
        OneKey key = new OneKey(of("COUNT_DISTINCT", "cents"));
        key.take(row(1, 5L, null, true));
        key.take(row(50, 5L, null, true));
        key.take(row(60, 6L, null, true));
        assertEquals(List.of("new", 2L), key.take(row(102, 6L, null, true)));
        assertEquals(List.of("new", 1L), key.take(row(151, 6L, null, true)));
    }

    @Test
    void distinct_values_are_counted_right_when_many_leave_at_once() {
        OneKey key = new OneKey(of("COUNT_DISTINCT", "cents"));
        for (int i = 1; i <= 50; i++) {
            assertEquals(List.of("new", Math.min(i, 7L)), key.take(row(i, i % 7L, null, true)));
        }
        assertEquals(List.of("new", 3L), key.take(row(149, 3L, null, true)));
    }

    @Test
    void flags_can_be_counted() {
        OneKey key = new OneKey(of("COUNT", "is_online"), of("COUNT_DISTINCT", "is_online"));
        key.take(row(1, null, null, true));
        key.take(row(2, null, null, null));
        assertEquals(List.of("new", 2L, 1L), key.take(row(3, null, null, true)));
        assertEquals(List.of("new", 3L, 2L), key.take(row(4, null, null, false)));
    }

    @Test
    void the_time_is_a_column_like_others() {
        OneKey key = new OneKey(of("MIN", "t"), of("COUNT_DISTINCT", "t"), of("SUM", "t"));
        key.take(row(1, null, null, true));
        assertEquals(List.of("new", 1L, 2L, 3L), key.take(row(2, null, null, true)));
    }
}
