package swipestream.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.ValidationException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How Flink plans a call, before anything runs. */
class ReadJsonPlanningTest {
    private static TableEnvironment environment;

    @BeforeAll
    static void prepare() {
        environment = TableEnvironment.create(EnvironmentSettings.inStreamingMode());
        environment.createTemporaryFunction("read_json", ReadJson.class);
        environment.executeSql(
                "CREATE TEMPORARY TABLE topic (message BYTES, place INT, line STRING)"
                        + " WITH ('connector' = 'datagen')");
        environment.executeSql(
                "CREATE TEMPORARY TABLE stored (place INT, problem STRING, id STRING, cents BIGINT)"
                        + " WITH ('connector' = 'blackhole')");
    }

    private static String call(String message, String fields) {
        return "SELECT * FROM read_json(input => TABLE topic, message => DESCRIPTOR(" + message
                + "), fields => " + fields + ")";
    }

    @Test
    void the_input_passes_through_then_come_the_problem_and_the_fields() {
        String columns =
                environment
                        .sqlQuery(call("message", "'id STRING, cents BIGINT, latitude DOUBLE'"))
                        .getResolvedSchema()
                        .toString()
                        .replaceAll("\\s+", " ");
        assertEquals(
                "( `message` BYTES, `place` INT, `line` STRING, `problem` STRING, `id` STRING,"
                        + " `cents` BIGINT, `latitude` DOUBLE )",
                columns);
    }

    @Test
    void a_call_can_be_kept_in_a_compiled_plan() {
        String plan =
                environment
                        .compilePlanSql(
                                "INSERT INTO stored SELECT place, problem, id, cents FROM ("
                                        + call("message", "'id STRING, cents BIGINT'") + ")")
                        .asJsonString();
        assertTrue(plan.contains("DESCRIPTOR"), plan);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "line        | 'id STRING'      | message of read_json: line is STRING;"
                        + " declare it as BYTES, with 'value.format' = 'raw'",
                "body        | 'id STRING'      | message of read_json:"
                        + " the input has no column body, only message, place, line",
                "message, id | 'id STRING'      | message of read_json:"
                        + " write DESCRIPTOR(c) with the name of one column",
                "message     | ''               | fields of read_json: '' is not a name and a type;"
                        + " write a name and STRING, BIGINT or DOUBLE for each,"
                        + " such as 'id STRING, cents BIGINT'",
                "message     | UPPER('id text') | fields of read_json: write them as a literal",
                "message     | 'place STRING'   | read_json: the input has a column place already;"
                        + " name it otherwise there"
            })
    void a_call_that_cannot_work_is_refused_with_a_hint(
            String message, String fields, String expected) {
        Throwable error =
                assertThrows(
                        ValidationException.class,
                        () -> environment.sqlQuery(call(message, fields)));
        while (error.getCause() != null) {
            error = error.getCause();
        }
        assertEquals(expected, error.getMessage());
    }
}
