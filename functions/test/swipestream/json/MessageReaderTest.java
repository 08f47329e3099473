package swipestream.json;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.apache.flink.table.data.RowData;
import org.junit.jupiter.api.Test;

/** The reader and Jackson agree on random messages, and no message makes the reader fail. */
class MessageReaderTest {
    private static final int MESSAGES = 10_000;
    private static final Fields FIELDS =
            new Fields(
                    "id STRING, cents BIGINT, latitude DOUBLE, größe STRING, c BIGINT, e DOUBLE");

    private final MessageReader reader = new MessageReader(FIELDS);
    private final RandomMessages messages = new RandomMessages(7, FIELDS.names);

    @Test
    void random_messages_are_read_as_jackson_reads_them() throws IOException {
        Map<Object, Integer> problems = new HashMap<>();
        for (int i = 0; i < MESSAGES; i++) {
            problems.merge(compare(messages.json()), 1, Integer::sum);
        }
        assertTrue(problems.get("none") > MESSAGES / 5, problems.toString());
        assertTrue(problems.get("id is a list or an object") > MESSAGES / 100, problems.toString());
    }

    @Test
    void damaged_messages_give_one_row_and_the_same_reason_as_jackson() throws IOException {
        Map<Object, Integer> problems = new HashMap<>();
        for (int i = 0; i < 3 * MESSAGES; i++) {
            problems.merge(compare(messages.damaged()), 1, Integer::sum);
        }
        for (String problem :
                new String[] {
                    "none",
                    MessageReader.NOT_UTF8,
                    MessageReader.NOT_JSON,
                    MessageReader.NOT_OBJECT,
                    MessageReader.GOES_ON,
                    MessageReader.LIST,
                    MessageReader.EMPTY
                }) {
            assertTrue(problems.getOrDefault(problem, 0) > 0, problem + " never came up");
        }
    }

    @Test
    void bytes_without_any_sense_give_one_row() throws IOException {
        Random random = new Random(11);
        for (int i = 0; i < MESSAGES; i++) {
            byte[] message = new byte[random.nextInt(12)];
            random.nextBytes(message);
            compare(message);
        }
    }

    /** Returns the problem, "none" if there is none. */
    private Object compare(byte[] message) throws IOException {
        Object[] expected = SlowReading.read(message, FIELDS);
        Object[] found = columns(reader.read(message));
        assertArrayEquals(expected, found, () -> new String(message, StandardCharsets.UTF_8));
        return expected[0] == null ? "none" : expected[0];
    }

    private static Object[] columns(RowData row) {
        assertEquals(FIELDS.size() + 1, row.getArity());
        Object[] columns = new Object[row.getArity()];
        for (int i = 0; i < columns.length; i++) {
            Fields.Type type = i == 0 ? Fields.Type.STRING : FIELDS.types.get(i - 1);
            if (!row.isNullAt(i)) {
                columns[i] =
                        switch (type) {
                            case STRING -> row.getString(i).toString();
                            case BIGINT -> row.getLong(i);
                            case DOUBLE -> row.getDouble(i);
                        };
            }
        }
        return columns;
    }
}
