package swipestream.windows;

import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;

/** Flink metrics about the rows that a task has seen since it started. */
final class WindowMetrics {
    static final String DROPPED = "entriesDroppedByBound";

    private final Counter copies;
    private final Counter conflicts;
    private final Counter tooOld;
    private final Counter outOfOrder;
    private final Counter dropped;
    private int longestKey;

    WindowMetrics(MetricGroup group) {
        copies = group.counter("copies");
        conflicts = group.counter("conflicts");
        tooOld = group.counter("rowsTooOld");
        outOfOrder = group.counter("rowsOutOfOrder");
        dropped = group.counter(DROPPED);
        group.gauge("entriesOfLongestKey", (Gauge<Integer>) () -> longestKey);
    }

    void copy() {
        copies.inc();
    }

    void conflict() {
        conflicts.inc();
    }

    void tooOld() {
        tooOld.inc();
    }

    void outOfOrder() {
        outOfOrder.inc();
    }

    /**
     * Record how many entries a row's key keeps now.
     *
     * @param left how many left because more than {@code most} were there
     */
    void kept(int entries, int left) {
        longestKey = Math.max(longestKey, entries);
        if (left > 0) {
            dropped.inc(left);
        }
    }
}
