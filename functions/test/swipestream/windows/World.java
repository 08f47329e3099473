package swipestream.windows;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.types.DataType;
import org.apache.flink.types.Row;

/** A random spec, other outputs over the same columns, and random rows; all given by a seed. */
final class World {
    static final DataType INPUT =
            DataTypes.ROW(
                    DataTypes.FIELD("k", DataTypes.STRING()),
                    DataTypes.FIELD("id", DataTypes.STRING()),
                    DataTypes.FIELD("t", DataTypes.BIGINT()),
                    DataTypes.FIELD("reason", DataTypes.STRING()),
                    DataTypes.FIELD("whole", DataTypes.BIGINT()),
                    DataTypes.FIELD("small", DataTypes.SMALLINT()),
                    DataTypes.FIELD("real", DataTypes.DOUBLE()),
                    DataTypes.FIELD("single", DataTypes.FLOAT()),
                    DataTypes.FIELD("flag", DataTypes.BOOLEAN()),
                    DataTypes.FIELD("other", DataTypes.BOOLEAN()),
                    DataTypes.FIELD("text", DataTypes.STRING()));
    static final List<String> COLUMNS = DataType.getFieldNames(INPUT);

    private static final int ROWS = 500;
    private static final int MANY_ROWS = 3000;
    private static final List<String> MAY_BE_KEPT = COLUMNS.subList(4, COLUMNS.size());
    private static final List<String> NUMBERS = List.of("whole", "small", "real", "single", "t");
    private static final List<String> FLAGS = List.of("flag", "other");

    /** One output, in words that the slow reference reads. */
    record Output(
            String function,
            String column,
            boolean isRows,
            long reach,
            int offset,
            String filter) {}

    /** A spec, in words that the slow reference reads. */
    record Spec(List<String> same, long keepMs, int most, List<String> kept, List<Output> outputs) {
        String json() {
            List<String> listed = new ArrayList<>();
            for (Output output : outputs) {
                listed.add(
                        "{\"name\":\"w"
                                + listed.size()
                                + "\",\"function\":\""
                                + output.function
                                + "\""
                                + (output.column == null ? "" : text("column", output.column))
                                + (output.reach < 0
                                        ? ""
                                        : ",\""
                                                + (output.isRows ? "rows" : "range_ms")
                                                + "\":"
                                                + output.reach)
                                + (output.offset == 0 ? "" : ",\"offset\":" + output.offset)
                                + (output.filter == null ? "" : text("filter", output.filter))
                                + "}");
            }
            return "{\"id\":\"id\",\"time\":\"t\",\"skip_if\":\"reason\",\"same\":"
                    + quoted(same)
                    + ",\"keep_ms\":"
                    + keepMs
                    + ",\"most\":"
                    + most
                    + ",\"kept\":"
                    + quoted(kept)
                    + ",\"outputs\":["
                    + String.join(",", listed)
                    + "]}";
        }

        private static String text(String name, String value) {
            return ",\"" + name + "\":\"" + value + "\"";
        }

        private static String quoted(List<String> names) {
            return names.isEmpty() ? "[]" : "[\"" + String.join("\",\"", names) + "\"]";
        }
    }

    private final Random random;
    final Spec spec;

    /** The same columns are kept; the outputs are others, and the bound may be another. */
    final Spec laterSpec;

    /** Whether state is copied between rows, as RocksDB does, or is changed in place. */
    final boolean isCopied;

    final List<Row> rows = new ArrayList<>();

    private final long span;
    private final int keys;
    private final double disorder;

    World(long seed) {
        random = new Random(seed);
        long keepMs = oneOf(10L, 100L, 1000L, 100_000L);
        int most = (int) oneOf(1L, 2L, 7L, 40L, 10_000L, 10_000L);
        List<String> kept = some(MAY_BE_KEPT);
        List<String> same = some(kept);
        if (random.nextBoolean()) {
            same.add("t");
        }
        spec = new Spec(same, keepMs, most, kept, outputs(kept, keepMs, most));
        int laterMost = random.nextBoolean() ? most : (int) oneOf(3L, 60L);
        laterSpec =
                new Spec(
                        same,
                        keepMs,
                        laterMost,
                        kept,
                        outputs(kept, keepMs, Math.min(most, laterMost)));
        isCopied = random.nextBoolean();
        keys = 1 + random.nextInt(4);
        disorder = oneOf(0, 5, 5, 50) / 100.0;
        // Keeps between a few and a few hundred rows of a key.
        span = Math.max(1, keepMs / oneOf(1, 5, 30, 300, 1000) / keys);
        rows(seed % 100 == 0 ? MANY_ROWS : ROWS);
    }

    private long oneOf(long... values) {
        return values[random.nextInt(values.length)];
    }

    private <T> T oneOf(List<T> values) {
        return values.get(random.nextInt(values.size()));
    }

    private List<String> some(List<String> of) {
        List<String> some = new ArrayList<>();
        for (String name : of) {
            if (random.nextInt(3) > 0) {
                some.add(random.nextInt(some.size() + 1), name);
            }
        }
        return some;
    }

    private List<Output> outputs(List<String> kept, long keepMs, int most) {
        List<String> columns = new ArrayList<>(kept);
        columns.add("t");
        List<String> numbers = NUMBERS.stream().filter(columns::contains).toList();
        List<String> filters = FLAGS.stream().filter(kept::contains).toList();
        // Few different frames, so that windows share them.
        long[] ranges = {0, keepMs, random.nextLong(keepMs + 1), random.nextLong(keepMs + 1)};
        long[] counts = {0, random.nextInt(Math.min(most, 20) + 1), random.nextInt(most + 1)};
        List<Output> outputs = new ArrayList<>();
        int wanted = random.nextInt(9);
        while (outputs.size() < wanted) {
            String function =
                    oneOf(
                            List.of(
                                    "COUNT",
                                    "SUM",
                                    "AVG",
                                    "MIN",
                                    "MAX",
                                    "STDDEV_SAMP",
                                    "COUNT_DISTINCT",
                                    "COUNT_DISTINCT",
                                    "LAG",
                                    "FIRST_VALUE",
                                    "LAST_VALUE",
                                    "NEWEST"));
            boolean isRows = random.nextInt(3) == 0;
            long reach = isRows ? oneOf(counts) : oneOf(ranges);
            String filter = filters.isEmpty() || random.nextInt(3) > 0 ? null : oneOf(filters);
            outputs.add(
                    switch (function) {
                        case "NEWEST" -> new Output(function, null, false, -1, 0, null);
                        case "LAG" ->
                                new Output(
                                        function,
                                        given(columns),
                                        false,
                                        -1,
                                        1 + random.nextInt(Math.min(most, 5)),
                                        null);
                        case "FIRST_VALUE", "LAST_VALUE" ->
                                new Output(function, given(columns), isRows, reach, 0, null);
                        case "COUNT" ->
                                new Output(
                                        function,
                                        random.nextBoolean() ? null : oneOf(columns),
                                        isRows,
                                        reach,
                                        0,
                                        filter);
                        case "COUNT_DISTINCT" ->
                                new Output(function, oneOf(columns), isRows, reach, 0, filter);
                        default -> new Output(function, oneOf(numbers), isRows, reach, 0, filter);
                    });
        }
        return outputs;
    }

    /** A column whose values can be returned, so not text. */
    private String given(List<String> columns) {
        return oneOf(columns.stream().filter(name -> !name.equals("text")).toList());
    }

    private void rows(int wanted) {
        // Also before 1970.
        long now = random.nextBoolean() ? -20 * span : 1_700_000_000_000L;
        while (rows.size() < wanted) {
            if (!rows.isEmpty() && random.nextInt(10) == 0) {
                int recent = Math.max(0, rows.size() - 1 - random.nextInt(20));
                rows.add(again(rows.get(recent)));
                continue;
            }
            // Often the same millisecond.
            now += random.nextInt(3) == 0 ? 0 : random.nextLong(2 * span + 1);
            if (random.nextInt(200) == 0) {
                now += span * random.nextInt(500);
            }
            long time = random.nextDouble() < disorder ? now - random.nextLong(40 * span) : now;
            rows.add(
                    Row.of(
                            rarely(40) ? null : "k" + random.nextInt(keys),
                            rarely(40) ? null : "id" + rows.size(),
                            rarely(40) ? null : time,
                            rarely(20) ? "reason" : null,
                            rarely(8) ? null : whole(),
                            rarely(8) ? null : (short) random.nextInt(5),
                            rarely(8) ? null : real(),
                            rarely(8) ? null : (float) real(),
                            rarely(8) ? null : random.nextBoolean(),
                            rarely(8) ? null : random.nextInt(5) == 0,
                            rarely(8) ? null : "shop " + random.nextInt(6)));
        }
    }

    /** A copy; perhaps with another value, perhaps of another key. */
    private Row again(Row row) {
        Row again = Row.copy(row);
        if (random.nextBoolean()) {
            int column = 2 + random.nextInt(COLUMNS.size() - 2);
            again.setField(column, oneOf(rows).getField(column));
        }
        if (rarely(4)) {
            again.setField(0, "k" + random.nextInt(keys));
        }
        return again;
    }

    private boolean rarely(int oneIn) {
        return random.nextInt(oneIn) == 0;
    }

    private long whole() {
        return switch (random.nextInt(20)) {
            case 0 -> Long.MAX_VALUE;
            case 1 -> Long.MIN_VALUE;
            case 2 -> random.nextLong();
            default -> random.nextInt(10) - 3;
        };
    }

    private double real() {
        return switch (random.nextInt(60)) {
            case 0 -> Double.NaN;
            case 1 -> Double.POSITIVE_INFINITY;
            case 2 -> Double.NEGATIVE_INFINITY;
            case 3, 4 -> -0.0;
            case 5, 6 -> 0.0;
            case 7 -> 1e9 + random.nextInt(3);
            default -> random.nextInt(2000) / 8.0 - 100;
        };
    }
}
