package swipestream.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a type's modifier in the catalog means. */
class PostgresColumnTest {
    @ParameterizedTest
    @CsvSource({
        "varchar, 12, 8, 0",
        "varchar, -1, -1, 0",
        "bpchar, 7, 3, 0",
        "numeric, -1, -1, 0",
        // numeric(10, 2), numeric(3, -2), numeric(2, 5)
        "numeric, 655366, 10, 2",
        "numeric, 198658, 3, -2",
        "numeric, 131081, 2, 5",
        // Its modifier is a number of digits after the second.
        "timestamp, 3, -1, 0",
    })
    void a_limit_is_read(String type, int modifier, int limit, int scale) {
        PostgresColumn column = PostgresColumn.of("c", 1, type, type, 'S', modifier);
        assertEquals(limit, column.limit());
        assertEquals(scale, column.scale());
    }
}
