package swipestream.postgres;

import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.sink.SinkV2Provider;

/** The sink as the planner sees it; queries that update or delete rows are refused. */
final class UpsertTableSink implements DynamicTableSink {
    private final SinkSettings settings;

    UpsertTableSink(SinkSettings settings) {
        this.settings = settings;
    }

    @Override
    public ChangelogMode getChangelogMode(ChangelogMode requested) {
        return ChangelogMode.insertOnly();
    }

    @Override
    public SinkRuntimeProvider getSinkRuntimeProvider(Context context) {
        return SinkV2Provider.of(new UpsertSink(settings));
    }

    @Override
    public DynamicTableSink copy() {
        return new UpsertTableSink(settings);
    }

    @Override
    public String asSummaryString() {
        return settings.toString();
    }
}
