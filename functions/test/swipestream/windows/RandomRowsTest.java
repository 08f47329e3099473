package swipestream.windows;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.Test;

/** Random rows of random specs have the same outcomes and windows as with plain lists. */
class RandomRowsTest {
    private static final int WORLDS = 420;

    @Test
    void random_rows_have_the_windows_that_plain_lists_say() {
        Map<Object, Integer> outcomes = new HashMap<>();
        for (long seed = 1; seed <= WORLDS; seed++) {
            World world = new World(seed);
            if (difference(world, world.rows, outcomes) != null) {
                List<Row> rows = fewest(world);
                fail(
                        "new World("
                                + seed
                                + ")\nspec "
                                + world.spec.json()
                                + "\nthen "
                                + world.laterSpec.json()
                                + "\nrows:\n"
                                + String.join("\n", rows.stream().map(Row::toString).toList())
                                + "\n"
                                + difference(world, rows, new HashMap<>()));
            }
        }
        int rows = outcomes.values().stream().mapToInt(Integer::intValue).sum();
        assertTrue(rows >= 200_000, outcomes.toString());
        for (String outcome : List.of("new", "copy", "conflict", "too_old", "skipped")) {
            assertTrue(outcomes.getOrDefault(outcome, 0) > rows / 200, outcomes.toString());
        }
    }

    /** What is wrong with the first wrong row; null if all are right. */
    private static String difference(World world, List<Row> rows, Map<Object, Integer> outcomes) {
        SlowWindows slow = new SlowWindows(world.spec);
        Arrivals quick = arrivals(world.spec);
        Map<Object, byte[]> states = new HashMap<>();
        for (int i = 0; i < rows.size(); i++) {
            Row row = rows.get(i);
            if (row == world.rows.get(world.rows.size() / 2)) {
                slow.change(world.laterSpec);
                quick = arrivals(world.laterSpec);
            }
            List<Object> expected = slow.take(row);
            List<Object> found;
            try {
                found = take(quick, row, states, world.isCopied);
            } catch (RuntimeException e) {
                return "row "
                        + i
                        + ": "
                        + row
                        + "\nexpected: "
                        + expected
                        + "\nbut "
                        + e
                        + " at "
                        + List.of(e.getStackTrace()).subList(0, 4);
            }
            if (!isEqual(expected, found)) {
                return "row " + i + ": " + row + "\nexpected: " + expected + "\nfound:    " + found;
            }
            outcomes.merge(expected.get(0), 1, Integer::sum);
        }
        return null;
    }

    private static Arrivals arrivals(World.Spec spec) {
        Windows windows = new Windows(new WindowSpec(spec.json()), World.INPUT);
        return new Arrivals(
                windows, new int[] {0}, new WindowMetrics(new UnregisteredMetricsGroup()));
    }

    private static List<Object> take(
            Arrivals arrivals, Row row, Map<Object, byte[]> states, boolean isCopied) {
        Object key = row.getField(0);
        if (arrivals.isSkipped(row)) {
            arrivals.skip();
        } else {
            byte[] before = states.get(key);
            arrivals.take(before == null || !isCopied ? before : before.clone(), row);
            if (arrivals.state() != null) {
                states.put(key, arrivals.state());
            }
        }
        GenericRowData found = arrivals.row();
        List<Object> values = new ArrayList<>();
        for (int i = 0; i < found.getArity(); i++) {
            Object value = found.getField(i);
            values.add(i < Windows.FIRST_WINDOW && value != null ? value.toString() : value);
        }
        return values;
    }

    private static boolean isEqual(List<Object> expected, List<Object> found) {
        boolean isEqual = expected.size() == found.size();
        for (int i = 0; isEqual && i < expected.size(); i++) {
            Object value = expected.get(i);
            isEqual =
                    value instanceof Double
                            ? found.get(i) instanceof Double
                                    && isClose((double) value, (double) found.get(i))
                            : value instanceof Float
                                    ? found.get(i) instanceof Float
                                            && isClose((float) value, (float) found.get(i))
                                    : value == null
                                            ? found.get(i) == null
                                            : value.equals(found.get(i));
        }
        return isEqual;
    }

    /** Sums of fractions depend on their order a little. */
    private static boolean isClose(double expected, double found) {
        return expected == found
                || Double.isNaN(expected) && Double.isNaN(found)
                || Math.abs(expected - found) <= 1e-9 * Math.max(1, Math.abs(expected));
    }

    /** The fewest rows that still differ. */
    private static List<Row> fewest(World world) {
        List<Row> rows = new ArrayList<>(world.rows);
        for (int step = rows.size() / 2; step > 0; step = step / 2) {
            for (int from = 0; from < rows.size(); ) {
                List<Row> fewer = new ArrayList<>(rows.subList(0, from));
                fewer.addAll(rows.subList(Math.min(rows.size(), from + step), rows.size()));
                if (difference(world, fewer, new HashMap<>()) != null) {
                    rows = fewer;
                } else {
                    from += step;
                }
            }
        }
        return rows;
    }
}
