package swipestream.windows;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.Test;

/** The bytes of a key's state, and which state is not read. */
class LedgerTest {
    private static final String COUNT = "\"function\": \"COUNT\", \"range_ms\": 1000";
    private static final String SUM =
            "\"function\": \"SUM\", \"column\": \"cents\", \"range_ms\": 1000";
    private static final String SHOPS =
            "\"function\": \"COUNT_DISTINCT\", \"column\": \"shop\", \"range_ms\": 1000";

    /** Time, id in two halves, cents, shop, latitude, and five flags. */
    private static final int ENTRY = 6 * 8 + 1;

    private static final int HEADER = 32;

    private static ByteBuffer numbers(byte[] state) {
        return ByteBuffer.wrap(state).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Test
    void the_bytes_are_as_described() {
        OneKey key = new OneKey(COUNT, SUM, SHOPS);
        key.take(Row.of("card", "1", 7L, null, 100L, "a", -0.0, null));
        key.take(Row.of("card", "2", 9L, null, null, "b", 1.5, true));
        ByteBuffer state = numbers(key.state);
        assertEquals(1, state.get(0), "format");
        assertEquals(2, state.getInt(4), "capacity");
        assertEquals(0, state.getInt(8), "first");
        assertEquals(2, state.getInt(12), "count");
        assertEquals(7, state.getLong(HEADER), "times");
        assertEquals(9, state.getLong(HEADER + 8));
        Fingerprint id = new Fingerprint();
        id.take("2");
        assertEquals(id.high(), state.getLong(HEADER + 16 + 8), "ids");
        assertEquals(id.low(), state.getLong(HEADER + 32 + 8));
        assertEquals(100, state.getLong(HEADER + 48), "cents");
        assertEquals(0, state.getLong(HEADER + 48 + 8));
        assertEquals(Fingerprint.of("b"), state.getLong(HEADER + 64 + 8), "shop");
        assertEquals(Double.doubleToRawLongBits(-0.0), state.getLong(HEADER + 80), "latitude");
        assertEquals(0b01000, state.get(HEADER + 96), "is_online is NULL");
        assertEquals(0b10001, state.get(HEADER + 97), "cents is NULL, is_online TRUE");
        int running = HEADER + 2 * ENTRY;
        assertEquals(0, state.getInt(running), "first entry of the frame");
        assertEquals(1, state.getInt(running + 4), "values of the sum");
        assertEquals(0, state.getLong(running + 8), "its high half");
        assertEquals(100, state.getLong(running + 16), "its low half");
        assertEquals(2, state.getInt(running + 24), "shops");
        assertEquals(running + 28, key.state.length);
    }

    @Test
    void an_id_is_found_by_both_of_its_halves() {
        Windows windows =
                new Windows(
                        new WindowSpec(
                                "{\"id\": \"id\", \"time\": \"t\", \"keep_ms\": 9, \"most\": 9,"
                                        + " \"outputs\": []}"),
                        OneKey.INPUT);
        Ledger ledger = new Ledger(windows.layout, 0);
        ledger.open(null);
        Entry entry = new Entry(windows.layout, windows.idInput);
        for (long[] id : new long[][] {{1, 1}, {1, 2}, {2, 1}}) {
            entry.idHigh = id[0];
            entry.idLow = id[1];
            ledger.insert(ledger.end(), entry);
        }
        assertEquals(0, ledger.indexOf(1, 1));
        assertEquals(1, ledger.indexOf(1, 2));
        assertEquals(2, ledger.indexOf(2, 1));
        assertEquals(-1, ledger.indexOf(2, 2));
    }

    @Test
    void state_of_a_newer_version_is_refused_with_a_hint() {
        OneKey key = new OneKey(COUNT);
        key.take("1", 10);
        key.state[0] = 2;
        assertEquals(
                "this state was written by a newer version: format 2, known up to 1\n"
                        + "hint: run that version, or rebuild with swipestream upgrade --rebuild",
                assertThrows(UnreadableStateException.class, () -> key.take("2", 20)).getMessage());
    }

    @Test
    void state_of_other_columns_is_refused_with_a_hint() {
        Row row = Row.of("card", "1", 10L, null, 100L, "a", 50.0, true);
        byte[] state = null;
        for (String kept :
                List.of("\"cents\", \"latitude\"", "\"latitude\", \"cents\"", "\"cents\"")) {
            Windows windows =
                    new Windows(
                            new WindowSpec(
                                    "{\"id\": \"id\", \"time\": \"t\", \"keep_ms\": 9, \"most\": 9,"
                                            + " \"kept\": ["
                                            + kept
                                            + "], \"outputs\": []}"),
                            OneKey.INPUT);
            Arrivals arrivals =
                    new Arrivals(windows, new int[] {0}, new WindowMetrics(new OneKey.Metrics()));
            if (state == null) {
                arrivals.take(null, row);
                state = arrivals.state();
            } else {
                byte[] others = state;
                assertEquals(
                        "this state keeps other columns than the query wants\n"
                                + "hint: run the query that wrote it,"
                                + " or rebuild with swipestream upgrade --rebuild",
                        assertThrows(
                                        UnreadableStateException.class,
                                        () -> arrivals.take(others, row))
                                .getMessage());
            }
        }
    }

    @Test
    void state_of_something_else_is_refused_with_a_hint() {
        OneKey key = new OneKey(COUNT);
        for (byte[] state : new byte[][] {{}, {1, 0, 0}, new byte[100]}) {
            key.state = state;
            assertEquals(
                    "this state was not written by trailing_windows\n"
                            + "hint: see that the function's uid belongs to it alone",
                    assertThrows(UnreadableStateException.class, () -> key.take("1", 20))
                            .getMessage());
        }
        key.state = null;
        key.take("1", 10);
        key.take("2", 20);
        key.state = java.util.Arrays.copyOf(key.state, HEADER + 2 * ENTRY - 1);
        assertThrows(UnreadableStateException.class, () -> key.take("3", 20), "cut off");
    }

    @Test
    void other_windows_over_the_same_columns_go_on_from_the_same_state() {
        OneKey key = new OneKey(COUNT);
        for (int i = 0; i < 100; i++) {
            key.take("" + i, i, 10L, "shop " + i % 7);
        }
        key.query(10_000, SHOPS, SUM, COUNT);
        assertEquals(List.of("new", 8L, 1011L, 101L), key.take("100", 100, 11L, "new shop"));
        assertEquals(List.of("new", 8L, 1022L, 102L), key.take("101", 101, 11L, "shop 1"));
        key.query(10_000, COUNT, "\"function\": \"MAX\", \"column\": \"cents\", \"rows\": 2");
        assertEquals(List.of("new", 103L, 11L), key.take("102", 102, 10L, "shop 1"));
        key.query(10_000, SHOPS, SUM, COUNT);
        assertEquals(List.of("new", 8L, 1043L, 104L), key.take("103", 103, 11L, "shop 1"));
    }

    @Test
    void the_same_rows_give_the_same_bytes_in_place_or_copied() {
        OneKey inPlace = new OneKey(COUNT, SUM, SHOPS);
        OneKey copied = new OneKey(COUNT, SUM, SHOPS);
        for (int i = 0; i < 500; i++) {
            long time = 3L * i - (i % 11 == 0 ? 40 : 0);
            inPlace.take("" + i, time, (long) i, "shop " + i % 9);
            copied.state = copied.state == null ? null : copied.state.clone();
            copied.take("" + i, time, (long) i, "shop " + i % 9);
            assertArrayEquals(copied.state, inPlace.state);
        }
    }

    @Test
    void a_row_in_order_seldom_needs_another_array() {
        OneKey key = new OneKey(COUNT);
        int arrays = 0;
        for (int i = 0; i < 4000; i++) {
            byte[] before = key.state;
            key.take("" + i, i);
            arrays += key.state == before || i < 2000 ? 0 : 1;
        }
        assertEquals(0, arrays, "a thousand rows are kept, in the room there is");
    }

    @Test
    void few_rows_take_no_more_room_than_they_need() {
        OneKey key = new OneKey(COUNT);
        for (int i = 1; i <= 10; i++) {
            key.take("" + i, i);
            assertEquals(HEADER + i * ENTRY + 4, key.state.length);
        }
    }

    @Test
    void room_is_given_back_when_most_have_left() {
        OneKey key = new OneKey(COUNT);
        for (int i = 0; i < 1000; i++) {
            key.take("" + i, i);
        }
        byte[] large = key.state;
        key.take("a", 10_000);
        assertSame(large, key.state);
        key.take("b", 10_001);
        assertNotSame(large, key.state);
        assertEquals(HEADER + 2 * ENTRY + 4, key.state.length);
    }
}
