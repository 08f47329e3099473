package swipestream.windows;

import java.time.Duration;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Optional;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.api.dataview.ListView;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ProcessTableFunction;
import org.apache.flink.table.functions.TableSemantics;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.inference.CallContext;
import org.apache.flink.table.types.inference.StateTypeStrategy;
import org.apache.flink.table.types.inference.StaticArgument;
import org.apache.flink.table.types.inference.StaticArgumentTrait;
import org.apache.flink.table.types.inference.TypeInference;
import org.apache.flink.types.Row;

/**
 * {@code trailing_windows(input => TABLE t PARTITION BY key, spec => '...', uid => '...')}: windows
 * over the rows of a key that had arrived before each row, and the row itself.
 *
 * <p>One row for each row of the input, whose columns pass through. Then {@code outcome}, {@code
 * differs} and the windows, which are NULL unless the outcome is {@code new}:
 *
 * <ul>
 *   <li>{@code new}: the row is kept and has windows.
 *   <li>{@code copy}: a row of its id is kept, and all columns of {@code same} are equal.
 *   <li>{@code conflict}: a row of its id is kept; {@code differs} lists the columns of {@code
 *       same} that are not equal.
 *   <li>{@code too_old}: its time is more than {@code keep_ms} before the newest of its key.
 *   <li>{@code skipped}: {@code skip_if} is not NULL, or the id, the time or the key is.
 * </ul>
 *
 * <pre>
 * {"id": "order_id", "time": "ordered_ms",     which columns; the time is BIGINT, in milliseconds
 *  "skip_if": "problem",                       optional
 *  "same": ["cents", "ordered_ms"],            optional; of those kept, and the time
 *  "keep_ms": 2764800000, "most": 10000,        what is kept of a key
 *  "forget_after_ms": 2592000000,              optional; an idle key, by the clock; 30 days
 *  "kept": ["cents", "shop", "_f0"],           columns that windows use
 *  "outputs": [
 *    {"name": "newest", "function": "NEWEST"},
 *    {"name": "cents_before", "function": "LAG", "column": "cents", "offset": 1},
 *    {"name": "orders_1h", "function": "COUNT", "range_ms": 3600000},
 *    {"name": "shops_1h", "function": "COUNT_DISTINCT", "column": "shop", "range_ms": 3600000,
 *     "filter": "_f0"},
 *    {"name": "mean_of_10", "function": "AVG", "column": "cents", "rows": 9}]}
 * </pre>
 *
 * <p>A window covers kept rows of its key up to the row itself: {@code range_ms} back, or {@code
 * rows} rows. They are ordered by time, and by arrival where times are equal. A row is kept if it
 * arrived as new and is at most {@code keep_ms} older than the newest; both include the row itself.
 * After a row has its windows, the oldest rows leave until {@code most} are kept: it sees at most
 * that many besides itself, and leaves if it is the oldest. {@code NEWEST} is the greatest time of
 * the rows that had arrived as new.
 *
 * <p>Values are as in SQL. SUM, AVG, MIN, MAX of no value and STDDEV_SAMP of fewer than two are
 * NULL; a filter selects rows where it is TRUE; COUNT_DISTINCT leaves NULL out; LAG, FIRST_VALUE
 * and LAST_VALUE do not. A sum of whole numbers is exact, and NULL beyond 64 bits. Text can only be
 * counted.
 *
 * <p>State: a list of one BYTES value, see Ledger. A list, because Flink hashes a plain value twice
 * per row to see whether it has changed, which costs more than everything else here once a thousand
 * rows are kept. State on the heap is changed in place, which Flink allows: it copies the bytes
 * first while a checkpoint needs them.
 *
 * <p>RandomRowsTest compares it with plain lists; test_trailing_windows_in_flink.py runs it in
 * Flink.
 */
public final class TrailingWindows extends ProcessTableFunction<RowData> {
    private static final long serialVersionUID = 1L;

    private static final int INPUT = 0;
    private static final int SPEC = 1;

    private transient WindowMetrics metrics;
    private transient Arrivals arrivals;

    @Override
    public TypeInference getTypeInference(DataTypeFactory factory) {
        LinkedHashMap<String, StateTypeStrategy> state = new LinkedHashMap<>();
        state.put("ledger", new KeyState());
        return TypeInference.newBuilder()
                .staticArguments(
                        StaticArgument.table(
                                "input",
                                Row.class,
                                false,
                                EnumSet.of(
                                        StaticArgumentTrait.SET_SEMANTIC_TABLE,
                                        StaticArgumentTrait.PASS_COLUMNS_THROUGH)),
                        StaticArgument.scalar("spec", DataTypes.STRING().notNull(), false))
                .stateTypeStrategies(state)
                .outputTypeStrategy(call -> Optional.of(outputType(call)))
                .build();
    }

    private static DataType outputType(CallContext call) {
        DataType input = call.getTableSemantics(INPUT).orElseThrow().dataType();
        return DataTypes.ROW(new Windows(spec(call), input).output()).bridgedTo(RowData.class);
    }

    private static WindowSpec spec(CallContext call) {
        return new WindowSpec(
                call.getArgumentValue(SPEC, String.class)
                        .orElseThrow(
                                () ->
                                        new ValidationException(
                                                "spec of trailing_windows: write it as a"
                                                    + " literal")));
    }

    /** One ledger per key, which Flink drops when the key has been idle for long. */
    private static final class KeyState implements StateTypeStrategy {
        @Override
        public Optional<DataType> inferType(CallContext call) {
            return Optional.of(ListView.newListViewDataType(DataTypes.BYTES()));
        }

        @Override
        public Optional<Duration> getTimeToLive(CallContext call) {
            return Optional.of(Duration.ofMillis(spec(call).forgetAfterMs));
        }
    }

    @Override
    public void open(FunctionContext context) {
        metrics = new WindowMetrics(context.getMetricGroup());
    }

    /** Called by Flink for each row. */
    public void eval(Context context, ListView<byte[]> ledger, Row input, String spec)
            throws Exception {
        if (arrivals == null) {
            TableSemantics table = context.tableSemanticsFor("input");
            Windows windows = new Windows(new WindowSpec(spec), table.dataType());
            arrivals = new Arrivals(windows, table.partitionByColumns(), metrics);
        }
        if (arrivals.isSkipped(input)) {
            arrivals.skip();
        } else {
            byte[] before = null;
            for (byte[] state : ledger.get()) {
                before = state;
            }
            arrivals.take(before, input);
            if (arrivals.state() != null) {
                if (before != null) {
                    ledger.clear();
                }
                ledger.add(arrivals.state());
            }
        }
        collect(arrivals.row());
    }
}
