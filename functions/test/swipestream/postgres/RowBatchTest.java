package swipestream.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Random rows, some with the same key, against a map that remembers the order. */
class RowBatchTest {
    private static final int BATCHES = 200;

    private final Random random = new Random(7);

    @Test
    void of_rows_with_the_same_key_the_last_is_kept() {
        RowBatch batch = new RowBatch(2);
        for (int i = 0; i < BATCHES; i++) {
            Map<String, String> expected = new LinkedHashMap<>();
            int rows = random.nextInt(3000);
            int keys = 1 + random.nextInt(2000);
            for (int row = 0; row < rows; row++) {
                String id = "t" + random.nextInt(keys);
                int card = random.nextInt(2);
                String value = "v".repeat(random.nextInt(40)) + row;
                batch.putField(id.getBytes());
                batch.putIntField(card);
                batch.putField(value.getBytes());
                batch.endRow();
                String key = id + " " + card;
                expected.remove(key);
                expected.put(key, value);
            }
            assertEquals(expected.size(), batch.rows());
            assertEquals(new ArrayList<>(expected.values()), values(batch, 2));
            batch.clear();
        }
    }

    @Test
    void without_a_key_every_row_is_kept() {
        RowBatch batch = new RowBatch(0);
        for (int i = 0; i < 3; i++) {
            batch.putField("same".getBytes());
            batch.endRow();
        }
        assertEquals(List.of("same", "same", "same"), values(batch, 0));
    }

    @Test
    void where_one_field_of_a_key_ends_is_part_of_it() {
        RowBatch batch = new RowBatch(2);
        for (String key : new String[] {"a bc", "ab c", " abc", "abc ", "a bc"}) {
            for (String part : key.split(" ", -1)) {
                batch.putField(part.getBytes());
            }
            batch.endRow();
        }
        assertEquals(4, batch.rows());
    }

    @Test
    void a_null_is_not_the_empty_text() {
        RowBatch batch = new RowBatch(1);
        batch.putNull();
        batch.endRow();
        batch.putField(new byte[0]);
        batch.endRow();
        assertEquals(2, batch.rows());
    }

    @Test
    void a_row_larger_than_all_before_finds_room() {
        RowBatch batch = new RowBatch(0);
        String value = "x".repeat(3_000_000);
        batch.putField(value.getBytes());
        batch.endRow();
        assertEquals(List.of(value), values(batch, 0));
    }

    /** One field of every row that is kept. */
    private static List<String> values(RowBatch batch, int field) {
        List<String> values = new ArrayList<>();
        byte[] bytes = batch.bytes();
        for (int start : batch.rowStarts()) {
            int at = start;
            for (int i = 0; i < field; i++) {
                at = RowBatch.fieldEnd(bytes, at);
            }
            values.add(new String(bytes, at + 4, RowBatch.intAt(bytes, at)));
        }
        return values;
    }
}
