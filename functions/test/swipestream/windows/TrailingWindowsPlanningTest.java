package swipestream.windows;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.ValidationException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** How Flink plans a call, before anything runs. */
class TrailingWindowsPlanningTest {
    private static final String SPEC =
            """
            {"id": "id", "time": "t", "keep_ms": 1000, "most": 10,
             "kept": ["cents", "small", "latitude", "single", "is_online", "shop"],
             "outputs": [
                {"name": "newest", "function": "NEWEST"},
                {"name": "n", "function": "COUNT", "rows": 2},
                {"name": "shops", "function": "COUNT_DISTINCT", "column": "shop", "rows": 2},
                {"name": "sum", "function": "SUM", "column": "small", "rows": 2},
                {"name": "sum_real", "function": "SUM", "column": "single", "rows": 2},
                {"name": "mean", "function": "AVG", "column": "small", "rows": 2},
                {"name": "deviation", "function": "STDDEV_SAMP", "column": "cents", "rows": 2},
                {"name": "least", "function": "MIN", "column": "small", "rows": 2},
                {"name": "most", "function": "MAX", "column": "single", "rows": 2},
                {"name": "before", "function": "LAG", "column": "is_online", "offset": 1},
                {"name": "first", "function": "FIRST_VALUE", "column": "cents", "rows": 2},
                {"name": "last", "function": "LAST_VALUE", "column": "latitude", "rows": 2}]}""";

    private static TableEnvironment environment;

    @BeforeAll
    static void prepare() {
        environment = TableEnvironment.create(EnvironmentSettings.inStreamingMode());
        environment.createTemporaryFunction("trailing_windows", TrailingWindows.class);
        environment.executeSql(
                "CREATE TEMPORARY TABLE orders (card STRING, id STRING, t BIGINT NOT NULL,"
                        + " cents BIGINT NOT NULL, small SMALLINT, latitude DOUBLE, single FLOAT,"
                        + " is_online BOOLEAN, shop STRING) WITH ('connector' = 'datagen')");
        environment.executeSql(
                "CREATE TEMPORARY TABLE stored (id STRING, n BIGINT)"
                        + " WITH ('connector' = 'blackhole')");
    }

    private static String call(String table, String spec) {
        return "SELECT * FROM trailing_windows(input => TABLE "
                + table
                + ", spec => "
                + spec
                + ", uid => 'w')";
    }

    @Test
    void the_input_passes_through_then_come_the_outcome_and_the_windows() {
        String columns =
                environment
                        .sqlQuery(call("orders PARTITION BY card", "'" + SPEC + "'"))
                        .getResolvedSchema()
                        .toString()
                        .replaceAll("\\s+", " ");
        assertEquals(
                "( `card` STRING, `id` STRING, `t` BIGINT NOT NULL, `cents` BIGINT NOT NULL,"
                        + " `small` SMALLINT, `latitude` DOUBLE, `single` FLOAT,"
                        + " `is_online` BOOLEAN, `shop` STRING,"
                        + " `outcome` STRING NOT NULL, `differs` STRING, `newest` BIGINT,"
                        + " `n` BIGINT, `shops` BIGINT, `sum` BIGINT, `sum_real` DOUBLE,"
                        + " `mean` DOUBLE, `deviation` DOUBLE, `least` SMALLINT, `most` FLOAT,"
                        + " `before` BOOLEAN, `first` BIGINT, `last` DOUBLE )",
                columns);
    }

    @Test
    void a_call_can_be_kept_in_a_compiled_plan() {
        String plan =
                environment
                        .compilePlanSql(
                                "INSERT INTO stored SELECT id, n FROM ("
                                        + call("orders PARTITION BY card", "'" + SPEC + "'")
                                        + ")")
                        .asJsonString();
        assertTrue(plan.contains("trailing_windows"), plan);
    }

    @Test
    void what_is_wrong_with_the_spec_is_the_last_thing_said() {
        assertEquals(
                "spec of trailing_windows: id names the column order_id, which the input has not;"
                        + " it has card, id, t, cents, small, latitude, single, is_online, shop",
                refusal(
                        call(
                                "orders PARTITION BY card",
                                "'"
                                        + SPEC.replace("\"id\"", "\"order_id\"")
                                                .replace("\"order_id\":", "\"id\":")
                                        + "'")));
    }

    @Test
    void a_spec_that_is_computed_is_refused() {
        assertEquals(
                "spec of trailing_windows: write it as a literal",
                refusal(call("orders PARTITION BY card", "UPPER('{}')")));
    }

    @Test
    void a_table_without_a_key_is_refused() {
        assertTrue(
                refusal(call("orders", "'" + SPEC + "'")).contains("PARTITION BY"),
                refusal(call("orders", "'" + SPEC + "'")));
    }

    private static String refusal(String query) {
        Throwable error =
                assertThrows(ValidationException.class, () -> environment.sqlQuery(query));
        while (error.getCause() != null) {
            error = error.getCause();
        }
        return error.getMessage();
    }
}
