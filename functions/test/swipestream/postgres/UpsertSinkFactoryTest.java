package swipestream.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.TableException;
import org.apache.flink.table.api.ValidationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What Flink's planner takes and refuses, before anything runs. */
class UpsertSinkFactoryTest {
    private static final String OPTIONS =
            "'connector' = 'postgres-upsert', 'url' = 'jdbc:postgresql://db/cards', "
                    + "'username' = 'ann', 'password' = 'secret', 'table-name' = 'stored'";

    private static TableEnvironment environment;

    @BeforeAll
    static void prepare() {
        environment = TableEnvironment.create(EnvironmentSettings.inStreamingMode());
        environment.executeSql(
                "CREATE TEMPORARY TABLE payments (id STRING, cents BIGINT, tags ARRAY<STRING>) "
                        + "WITH ('connector' = 'datagen')");
        create("stored", "id STRING, cents BIGINT, PRIMARY KEY (id) NOT ENFORCED", OPTIONS);
    }

    private static void create(String table, String columns, String options) {
        environment.executeSql(
                "CREATE TEMPORARY TABLE " + table + " (" + columns + ") WITH (" + options + ")");
    }

    @Test
    void rows_that_are_only_added_are_taken() {
        String plan = environment.explainSql("INSERT INTO stored SELECT id, cents FROM payments");
        assertTrue(plan.contains("stored"), plan);
    }

    @Test
    void a_password_is_in_no_plan() {
        String plan =
                environment
                        .compilePlanSql("INSERT INTO stored SELECT id, cents FROM payments")
                        .explain();
        assertFalse(plan.contains("secret"), plan);
        assertFalse(new UpsertTableSink(settings()).asSummaryString().contains("secret"));
        assertFalse(settings().toString().contains("secret"));
    }

    private static SinkSettings settings() {
        return new SinkSettings(
                "jdbc:postgresql://db/cards?password=secret",
                "ann",
                "secret",
                "stored",
                1,
                1,
                java.time.Duration.ZERO,
                java.util.List.of(),
                java.util.List.of(),
                new int[0]);
    }

    @Test
    void rows_that_change_are_refused() {
        TableException refusal =
                assertThrows(
                        TableException.class,
                        () ->
                                environment.explainSql(
                                        "INSERT INTO stored SELECT id, COUNT(*) FROM payments GROUP"
                                            + " BY id"));
        assertTrue(
                refusal.getMessage().contains("doesn't support consuming update"),
                refusal.getMessage());
    }

    @Test
    void a_table_like_another_with_some_options_overwritten_is_one_too() {
        environment.executeSql(
                "CREATE TEMPORARY TABLE alerts WITH ('table-name' = 'alerts') "
                        + "LIKE stored (OVERWRITING OPTIONS)");
        environment.explainSql("INSERT INTO alerts SELECT id, cents FROM payments");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ARRAY<STRING>",
                "ROW<a INT>",
                "MAP<STRING, INT>",
                "MULTISET<INT>",
            })
    void a_type_that_no_column_takes_is_refused_by_name(String type) {
        create("odd", "id STRING, tags " + type, OPTIONS);
        ValidationException refusal =
                assertThrows(
                        ValidationException.class,
                        () ->
                                environment.explainSql(
                                        "INSERT INTO odd SELECT id, CAST(NULL AS "
                                                + type
                                                + ") FROM payments"));
        assertTrue(cause(refusal).startsWith("column tags is "), cause(refusal));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'url' = 'jdbc:mysql://db' | option url of postgres-upsert has to be one that begins"
                    + " with jdbc:postgresql:",
                "'sink.buffer.max-rows' = '0' | option sink.buffer.max-rows of postgres-upsert has to"
                    + " be one that is 1 or more",
                "'sink.buffer.max-bytes' = '1 gb' | option sink.buffer.max-bytes of postgres-upsert "
                        + "has to be one that is from 1 b to 256 mb",
            })
    void an_option_that_cannot_work_is_refused(String option, String why) {
        environment.executeSql(
                "CREATE TEMPORARY TABLE odd WITH ("
                        + option
                        + ") LIKE stored (OVERWRITING OPTIONS)");
        ValidationException refusal =
                assertThrows(
                        ValidationException.class,
                        () ->
                                environment.explainSql(
                                        "INSERT INTO odd SELECT id, cents FROM payments"));
        assertEquals(why, cause(refusal));
    }

    @AfterEach
    void forget() {
        environment.executeSql("DROP TEMPORARY TABLE IF EXISTS odd");
    }

    private static String cause(Throwable refusal) {
        Throwable cause = refusal;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.getMessage();
    }
}
