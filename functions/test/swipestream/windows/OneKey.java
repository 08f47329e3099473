package swipestream.windows;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.types.Row;

/** Rows of one key, one after the other: card, id, t, reason, cents, shop, latitude, is_online. */
final class OneKey {
    static final DataType INPUT =
            DataTypes.ROW(
                    DataTypes.FIELD("card", DataTypes.STRING()),
                    DataTypes.FIELD("id", DataTypes.STRING()),
                    DataTypes.FIELD("t", DataTypes.BIGINT()),
                    DataTypes.FIELD("reason", DataTypes.STRING()),
                    DataTypes.FIELD("cents", DataTypes.BIGINT()),
                    DataTypes.FIELD("shop", DataTypes.STRING()),
                    DataTypes.FIELD("latitude", DataTypes.DOUBLE()),
                    DataTypes.FIELD("is_online", DataTypes.BOOLEAN()));

    /** How far behind the newest rows are kept, in the specs made here. */
    static final long KEEP_MS = 1000;

    /** The task's metrics, by name. */
    static final class Metrics extends UnregisteredMetricsGroup {
        final Map<String, Counter> counters = new HashMap<>();
        final Map<String, Gauge<?>> gauges = new HashMap<>();

        @Override
        public Counter counter(String name) {
            return counters.computeIfAbsent(name, super::counter);
        }

        @Override
        public <T, G extends Gauge<T>> G gauge(String name, G gauge) {
            gauges.put(name, gauge);
            return super.gauge(name, gauge);
        }

        long count(String name) {
            return counters.get(name).getCount();
        }
    }

    final Metrics metrics = new Metrics();
    byte[] state;
    private Arrivals arrivals;

    /**
     * @param outputs as in the spec, comma separated, {@code name} may be left out
     */
    OneKey(String... outputs) {
        this(10_000, outputs);
    }

    OneKey(int most, String... outputs) {
        query(most, outputs);
    }

    /** From now on another query over the same columns; the state stays. */
    void query(int most, String... outputs) {
        List<String> named = new ArrayList<>();
        for (String output : outputs) {
            named.add("{\"name\": \"w" + named.size() + "\", " + output + "}");
        }
        String spec =
                """
                {"id": "id", "time": "t", "skip_if": "reason", "same": ["cents", "shop", "t"],
                 "keep_ms": %d, "most": %d, "kept": ["cents", "shop", "latitude", "is_online"],
                 "outputs": [%s]}"""
                        .formatted(KEEP_MS, most, String.join(", ", named));
        Windows windows = new Windows(new WindowSpec(spec), INPUT);
        arrivals = new Arrivals(windows, new int[] {0}, new WindowMetrics(metrics));
    }

    /** A row with 100 cents and the shop a. */
    List<Object> take(String id, long time) {
        return take(id, time, 100L, "a");
    }

    List<Object> take(String id, long time, Long cents, String shop) {
        return take(Row.of("card", id, time, null, cents, shop, 50.0, true));
    }

    /** The outcome, and what differs or the windows. */
    List<Object> take(Row row) {
        if (arrivals.isSkipped(row)) {
            arrivals.skip();
        } else {
            arrivals.take(state, row);
        }
        if (arrivals.state() != null) {
            state = arrivals.state();
        }
        GenericRowData found = arrivals.row();
        List<Object> said = new ArrayList<>();
        said.add(found.getField(0).toString());
        if (found.getField(1) != null) {
            said.add(found.getField(1).toString());
        }
        for (int i = Windows.FIRST_WINDOW; i < found.getArity(); i++) {
            if (said.get(0).equals("new")) {
                said.add(found.getField(i));
            } else if (found.getField(i) != null) {
                throw new AssertionError(said.get(0) + " with a window");
            }
        }
        return said;
    }
}
