package swipestream.postgres;

import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.LookupFunction;
import org.apache.flink.table.types.logical.LogicalType;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.Collection;
import java.util.List;

/** One parallel instance of the lookup. */
public final class CachedLookup extends LookupFunction {
    private static final long serialVersionUID = 1L;

    private final LookupSettings settings;
    private transient RowData.FieldGetter[] getters;
    private transient LookupCache cache;

    CachedLookup(LookupSettings settings) {
        this.settings = settings;
    }

    @Override
    public void open(FunctionContext context) throws Exception {
        super.open(context);
        List<String> key = settings.key();
        getters = new RowData.FieldGetter[key.size()];
        for (int i = 0; i < getters.length; i++) {
            LogicalType type = settings.types().get(settings.columns().indexOf(key.get(i)));
            // Nullable, whatever the table says: the joined row's value may be NULL.
            getters[i] = RowData.createFieldGetter(type.copy(true), i);
        }
        cache = LookupCache.acquire(settings);
        MetricGroup metrics = context.getMetricGroup().addGroup("lookup", settings.table());
        metrics.counter("numReads", cache.reads());
        metrics.counter("numRetries", cache.retries());
        metrics.gauge("numRowsInMemory", cache::size);
        cache.warmUp();
    }

    @Override
    public Collection<RowData> lookup(RowData keyRow) throws IOException {
        Object[] values = new Object[getters.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = getters[i].getFieldOrNull(keyRow);
            if (values[i] == null) {
                return List.of();
            }
        }
        try {
            return cache.rows(new LookupKey(values));
        } catch (InterruptedException cancelled) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("the lookup in " + settings.table() + " was ended");
        }
    }

    @Override
    public void close() throws Exception {
        if (cache != null) {
            cache.release();
            cache = null;
        }
        super.close();
    }
}
