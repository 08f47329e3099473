package swipestream.postgres;

import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.table.data.RowData;

import java.io.IOException;

/** The sink in the form that the job sends to its TaskManagers. */
final class UpsertSink implements Sink<RowData> {
    private static final long serialVersionUID = 1L;

    private final SinkSettings settings;

    UpsertSink(SinkSettings settings) {
        this.settings = settings;
    }

    @Override
    public SinkWriter<RowData> createWriter(WriterInitContext context) throws IOException {
        try {
            return UpsertWriter.open(settings, context.getMailboxExecutor(), context.metricGroup());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while connecting to " + settings.table());
        }
    }
}
