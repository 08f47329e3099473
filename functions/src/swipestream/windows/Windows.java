package swipestream.windows;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;

/**
 * A spec and the input it is for: what is kept of a row, and how each window is read from the
 * ledger.
 *
 * <p>RandomRowsTest compares the values with plain lists, for random specs.
 */
final class Windows {
    static final String OUTCOME = "outcome";
    static final String DIFFERS = "differs";

    /** The columns before the first window. */
    static final int FIRST_WINDOW = 2;

    /** How a window's value for an entry is read, once all passes are done. */
    private interface Reading {
        Object read(int at);
    }

    final WindowSpec spec;
    final Layout layout;

    /** Positions in the input. */
    final int idInput;

    final int skipIfInput;
    final List<Column> same = new ArrayList<>();
    final Ledger ledger;

    private final List<String> names;
    private final List<DataType> types;
    private final Frames frames = new Frames();
    private final Tallies tallies = new Tallies(frames);
    private final DistinctCounts distincts = new DistinctCounts(frames);
    private final Spreads spreads = new Spreads(frames);
    private final Running running;
    private final List<Reading> readings = new ArrayList<>();
    private final List<DataTypes.Field> output = new ArrayList<>();

    /**
     * @param input the type of the table
     * @throws ValidationException a column is missing or of a type that does not fit; with a hint
     */
    Windows(WindowSpec spec, DataType input) {
        this.spec = spec;
        names = DataType.getFieldNames(input);
        types = DataType.getFieldDataTypes(input);
        idInput = place(spec.id, "id");
        if (Kind.of(types.get(idInput).getLogicalType()) != Kind.TEXT) {
            throw mistyped("id", idInput, "CAST it AS STRING before the call");
        }
        skipIfInput = spec.skipIf == null ? -1 : place(spec.skipIf, "skip_if");
        layout = layout();
        for (String name : spec.same) {
            same.add(kept(name, "same"));
        }
        output.add(DataTypes.FIELD(OUTCOME, DataTypes.STRING().notNull()));
        output.add(DataTypes.FIELD(DIFFERS, DataTypes.STRING()));
        for (WindowSpec.Output window : spec.outputs) {
            add(window);
        }
        checkNames();
        running = new Running(frames, tallies, distincts);
        ledger = new Ledger(layout, running.bytes());
    }

    private int place(String column, String what) {
        int place = names.indexOf(column);
        if (place < 0) {
            throw WindowSpec.invalid(
                    what + " names the column " + column + ", which the input has not",
                    "it has " + String.join(", ", names));
        }
        return place;
    }

    private Layout layout() {
        int time = place(spec.time, "time");
        if (!types.get(time).getLogicalType().is(LogicalTypeRoot.BIGINT)) {
            throw mistyped("time", time, "make it BIGINT, in milliseconds");
        }
        List<Column> kept = new ArrayList<>();
        int region = Entries.FIRST_KEPT;
        int bit = 0;
        for (String name : spec.kept) {
            int place = place(name, "kept");
            DataType type = types.get(place);
            Kind kind = Kind.of(type.getLogicalType());
            if (kind == null) {
                throw mistyped(
                        "kept",
                        place,
                        "CAST it to BIGINT, DOUBLE, BOOLEAN or STRING before the call");
            }
            if (kind == Kind.FLAG) {
                kept.add(Column.flag(name, type, place, bit, bit + 1));
                bit += 2;
            } else {
                kept.add(Column.wide(name, type, place, region++, bit++));
            }
        }
        Layout layout = new Layout(spec.id, Column.time(spec.time, types.get(time), time), kept);
        if ((long) layout.entryBytes() * spec.most > Ledger.MOST_BYTES) {
            throw WindowSpec.invalid(
                    spec.most
                            + " rows of "
                            + layout.entryBytes()
                            + " bytes do not fit into a state",
                    "write a most of " + Ledger.MOST_BYTES / layout.entryBytes() + " or less");
        }
        return layout;
    }

    private ValidationException mistyped(String what, int place, String hint) {
        LogicalType type = types.get(place).getLogicalType();
        return WindowSpec.invalid(
                what + " names " + names.get(place) + ", which is " + type.asSummaryString(), hint);
    }

    private Column kept(String name, String where) {
        if (name.equals(layout.time.name)) {
            return layout.time;
        }
        return layout.kept.stream()
                .filter(column -> column.name.equals(name))
                .findFirst()
                .orElseThrow(
                        () ->
                                WindowSpec.invalid(
                                        where + " names " + name + ", which is not kept",
                                        "add it to kept"));
    }

    private void checkNames() {
        Set<String> taken = new HashSet<>(names);
        for (DataTypes.Field field : output) {
            if (!taken.add(field.getName())) {
                throw WindowSpec.invalid(
                        "there are two columns named " + field.getName(),
                        "name one of the input or the output otherwise");
            }
        }
    }

    private void add(WindowSpec.Output window) {
        String where = window.name();
        Column column = window.column() == null ? null : kept(window.column(), where);
        if (column != null && !window.function().takes(column.kind)) {
            throw WindowSpec.invalid(
                    where
                            + ": there is no "
                            + window.function()
                            + " of "
                            + column.name
                            + ", which is "
                            + column.type.getLogicalType().asSummaryString(),
                    "CAST it before the call");
        }
        Column filter = window.filter() == null ? null : kept(window.filter(), where);
        if (filter != null && filter.kind != Kind.FLAG) {
            throw WindowSpec.invalid(
                    where
                            + ": the filter "
                            + filter.name
                            + " is "
                            + filter.type.getLogicalType().asSummaryString(),
                    "name a BOOLEAN column");
        }
        output.add(DataTypes.FIELD(window.name(), type(window.function(), column)));
        readings.add(reading(window, column, new Series(column, filter)));
    }

    private static DataType type(Function function, Column column) {
        return switch (function) {
            case COUNT, COUNT_DISTINCT, NEWEST -> DataTypes.BIGINT();
            case SUM -> column.kind == Kind.WHOLE ? DataTypes.BIGINT() : DataTypes.DOUBLE();
            case AVG, STDDEV_SAMP -> DataTypes.DOUBLE();
            case MIN, MAX, LAG, FIRST_VALUE, LAST_VALUE -> column.type.nullable();
        };
    }

    private Reading reading(WindowSpec.Output window, Column column, Series series) {
        int frame = window.frame() == null ? -1 : frames.number(window.frame());
        return switch (window.function()) {
            case COUNT -> count(series, frame);
            case SUM, AVG -> sum(series, frame, window.function() == Function.AVG);
            case MIN, MAX -> extreme(series, frame, window.function() == Function.MAX);
            case STDDEV_SAMP -> deviation(series, frame);
            case COUNT_DISTINCT -> {
                int slot = distincts.slot(series, frame);
                yield at -> (long) distincts.count(slot);
            }
            case LAG -> at -> value(column, at - window.offset());
            case FIRST_VALUE -> at -> value(column, frames.from(frame));
            case LAST_VALUE -> at -> value(column, at);
            case NEWEST -> at -> ledger().time(ledger().end() - 1);
        };
    }

    private Reading count(Series series, int frame) {
        if (series.isAll()) {
            return at -> at - frames.from(frame) + 1L;
        }
        int slot = tallies.slot(series, frame);
        return at -> (long) tallies.count(slot);
    }

    private Reading sum(Series series, int frame, boolean isMean) {
        if (series.column().kind == Kind.REAL) {
            int slot = spreads.slot(series, frame, false);
            return at -> {
                int count = spreads.count(slot);
                double sum = spreads.sum(slot);
                return count == 0 ? null : (Object) (isMean ? sum / count : sum);
            };
        }
        int slot = tallies.slot(series, frame);
        if (isMean) {
            return at ->
                    tallies.count(slot) == 0
                            ? null
                            : (Object) (tallies.sumAsDouble(slot) / tallies.count(slot));
        }
        return at ->
                tallies.count(slot) == 0 || !tallies.isLong(slot)
                        ? null
                        : (Object) tallies.sum(slot);
    }

    private Reading extreme(Series series, int frame, boolean isMost) {
        int slot = spreads.slot(series, frame, false);
        return at ->
                spreads.count(slot) == 0
                        ? null
                        : series.column().value(isMost ? spreads.most(slot) : spreads.least(slot));
    }

    private Reading deviation(Series series, int frame) {
        int slot = spreads.slot(series, frame, true);
        return at -> spreads.count(slot) < 2 ? null : (Object) spreads.deviation(slot);
    }

    /** The ledger, which is made after the readings. */
    private Ledger ledger() {
        return ledger;
    }

    private Object value(Column column, int i) {
        return i < ledger.first() || ledger.isNull(column, i)
                ? null
                : column.value(ledger.bits(column, i));
    }

    /** The columns that are added to the input's. */
    DataTypes.Field[] output() {
        return output.toArray(DataTypes.Field[]::new);
    }

    /**
     * Compute every window of an entry, drop entries that are now too old, and keep the running
     * values.
     *
     * @param first the first entry that is kept from now on
     * @param row takes the values
     */
    void compute(int at, int first, GenericRowData row) {
        boolean isNewest = at == ledger.end() - 1;
        if (isNewest) {
            running.advance(ledger, at, first);
        } else {
            ledger.leaveBefore(first);
            running.passes(ledger, at);
        }
        spreads.pass(ledger, at);
        for (int i = 0; i < readings.size(); i++) {
            row.setField(FIRST_WINDOW + i, readings.get(i).read(at));
        }
        int bounded = ledger.end() - spec.most;
        if (isNewest) {
            if (bounded > ledger.first()) {
                running.leave(ledger, bounded);
            }
            running.write(ledger);
        } else {
            ledger.setRunning(0);
            ledger.leaveBefore(Math.max(bounded, ledger.first()));
        }
    }
}
