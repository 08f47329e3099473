package swipestream.postgres;

import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.LookupTableSource;
import org.apache.flink.table.connector.source.lookup.LookupFunctionProvider;

import java.util.List;
import java.util.stream.Stream;

/** The lookup table as the planner sees it; it can be joined by key, and not be read whole. */
final class LookupTable implements LookupTableSource {
    private final LookupSettings settings;

    LookupTable(LookupSettings settings) {
        this.settings = settings;
    }

    @Override
    public LookupRuntimeProvider getLookupRuntimeProvider(LookupContext context) {
        List<String> key =
                Stream.of(context.getKeys())
                        .map(path -> settings.columns().get(path[0]))
                        .toList();
        if (!key.containsAll(settings.together())) {
            throw new ValidationException(
                    String.format(
                            "table %s is joined by %s, and reads together by %s%nhint: option %s"
                                + " names columns that it is joined by",
                            settings.table(),
                            String.join(", ", key),
                            String.join(", ", settings.together()),
                            LookupTableFactory.READ_TOGETHER_BY.key()));
        }
        return LookupFunctionProvider.of(new CachedLookup(settings.by(key)));
    }

    @Override
    public DynamicTableSource copy() {
        return new LookupTable(settings);
    }

    @Override
    public String asSummaryString() {
        return settings.toString();
    }
}
