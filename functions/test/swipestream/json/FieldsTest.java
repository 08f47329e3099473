package swipestream.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.apache.flink.table.api.ValidationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How a query lists the fields it wants. */
class FieldsTest {
    @Test
    void each_is_a_name_and_a_type() {
        Fields fields = new Fields(" id STRING,\n  cents bigint ,größe\tDOUBLE");
        assertEquals(List.of("id", "cents", "größe"), fields.names);
        assertEquals(
                List.of(Fields.Type.STRING, Fields.Type.BIGINT, Fields.Type.DOUBLE), fields.types);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "``                      | '' is not a name and a type",
                "`  `                    | '' is not a name and a type",
                "`id STRING,`            | '' is not a name and a type",
                "id                      | 'id' is not a name and a type",
                "id STRING NULL          | 'id STRING NULL' is not a name and a type",
                "id DATE                 | id has the type DATE",
                "id STRING, id BIGINT    | id is listed twice",
                "problem STRING          |"
                        + " problem is the name of the column that says what is wrong",
                "i\"d STRING             |"
                        + " the name i\"d has a character that needs an escape in JSON"
            })
    void another_list_is_refused_with_a_hint(String list, String fact) {
        ValidationException error =
                assertThrows(ValidationException.class, () -> new Fields(list));
        assertEquals(
                "fields of read_json: "
                        + fact
                        + "; write a name and STRING, BIGINT or DOUBLE for each,"
                        + " such as 'id STRING, cents BIGINT'",
                error.getMessage());
    }
}
