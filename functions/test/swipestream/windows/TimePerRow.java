package swipestream.windows;

import java.util.Random;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.types.DataType;
import org.apache.flink.types.Row;

/**
 * Prints how long a row takes, by how many rows of its key are kept: three nested ranges of a
 * count, a sum and a distinct count, and three columns of the previous row. State and row are in
 * memory; Flink's own work is not included.
 *
 * <p>Run it by hand: {@code java -cp ... swipestream.windows.TimePerRow}
 */
final class TimePerRow {
    private static final long KEEP_MS = 2_764_800_000L;
    private static final long WEEK_MS = 604_800_000;
    private static final DataType INPUT =
            DataTypes.ROW(
                    DataTypes.FIELD("card", DataTypes.STRING()),
                    DataTypes.FIELD("id", DataTypes.STRING()),
                    DataTypes.FIELD("t", DataTypes.BIGINT()),
                    DataTypes.FIELD("cents", DataTypes.BIGINT()),
                    DataTypes.FIELD("shop", DataTypes.STRING()),
                    DataTypes.FIELD("latitude", DataTypes.DOUBLE()),
                    DataTypes.FIELD("longitude", DataTypes.DOUBLE()));
    private static final int BATCH = 1000;

    private TimePerRow() {}

    private static String spec(long keepMs, int most) {
        StringBuilder outputs = new StringBuilder();
        for (long range : new long[] {WEEK_MS, 86_400_000, 300_000}) {
            String frame = "\"range_ms\":" + range + "},";
            outputs.append("{\"name\":\"n" + range + "\",\"function\":\"COUNT\"," + frame);
            outputs.append(
                    "{\"name\":\"c"
                            + range
                            + "\",\"function\":\"SUM\",\"column\":\"cents\","
                            + frame);
            outputs.append(
                    "{\"name\":\"s"
                            + range
                            + "\",\"function\":\"COUNT_DISTINCT\",\"column\":\"shop\","
                            + frame);
        }
        for (String column : new String[] {"t", "latitude", "longitude"}) {
            outputs.append(
                    "{\"name\":\"before_"
                            + column
                            + "\",\"function\":\"LAG\",\"offset\":1,"
                            + "\"column\":\""
                            + column
                            + "\"},");
        }
        return "{\"id\":\"id\",\"time\":\"t\",\"same\":[\"cents\",\"shop\",\"t\"],\"keep_ms\":"
                + keepMs
                + ",\"most\":"
                + most
                + ",\"kept\":[\"cents\",\"shop\",\"latitude\",\"longitude\"],\"outputs\":["
                + outputs
                + "{\"name\":\"newest\",\"function\":\"NEWEST\"}]}";
    }

    public static void main(String[] arguments) {
        System.out.println("rows a week  out of order  us a row");
        for (int round = 0; round < 2; round++) {
            for (int rowsAWeek : new int[] {10, 100, 1_000, 10_000}) {
                for (int disorder : new int[] {0, 5}) {
                    double micros = microsPerRow(rowsAWeek, disorder);
                    if (round == 1) {
                        System.out.printf("%11d  %11d%%  %8.2f%n", rowsAWeek, disorder, micros);
                    }
                }
            }
        }
    }

    /** Enough keys that their state does not fit into the processor's caches. */
    private static double microsPerRow(int rowsAWeek, int disorder) {
        Windows windows = new Windows(new WindowSpec(spec(KEEP_MS, 20_000)), INPUT);
        Arrivals arrivals =
                new Arrivals(
                        windows, new int[] {0}, new WindowMetrics(new UnregisteredMetricsGroup()));
        int keys = Math.max(20, 200_000 / rowsAWeek);
        byte[][] states = new byte[keys][];
        long[] time = new long[keys];
        Random random = new Random(3);
        int fill = keys * rowsAWeek * 2;
        int measured = Math.max(400_000, fill) / BATCH * BATCH;
        long spent = 0;
        Row[] batch = new Row[BATCH];
        for (int done = -fill / BATCH * BATCH; done < measured; done += BATCH) {
            for (int i = 0; i < BATCH; i++) {
                int key = random.nextInt(keys);
                time[key] += random.nextLong(2 * WEEK_MS / rowsAWeek);
                boolean isBehind = random.nextInt(100) < disorder;
                batch[i] =
                        Row.of(
                                key,
                                "transaction-" + random.nextInt(),
                                time[key] - (isBehind ? random.nextLong(100_000_000) : 0),
                                (long) random.nextInt(10_000),
                                "merchant-" + random.nextInt(random.nextInt(20_000) + 1),
                                random.nextDouble(),
                                random.nextDouble());
            }
            long start = System.nanoTime();
            for (Row row : batch) {
                int key = (int) row.getField(0);
                arrivals.take(states[key], row);
                if (arrivals.state() != null) {
                    states[key] = arrivals.state();
                }
            }
            spent += done < 0 ? 0 : System.nanoTime() - start;
        }
        return spent / 1e3 / measured;
    }
}
