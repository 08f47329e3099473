package swipestream.windows;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.types.Row;

/**
 * Decides about a row when it arrives: its outcome, its windows and its key's new state.
 *
 * <p>In this order: a row with a reason to skip it, or without an id, time or key, is skipped. A
 * row whose id is kept is a copy, or a conflict if it says something else. A row more than {@code
 * keep_ms} before its key's newest is too old. Any other is new and put in its place.
 *
 * <p>ArrivalsTest shows each rule; RandomRowsTest compares outcomes with plain lists.
 */
final class Arrivals {
    /** The outcomes; SQL has their names in lower case. */
    enum Outcome {
        NEW,
        COPY,
        CONFLICT,
        TOO_OLD,
        SKIPPED
    }

    private final Windows windows;
    private final Ledger ledger;
    private final int[] key;
    private final Entry entry;
    private final WindowMetrics metrics;
    private final int width;
    private final Map<Outcome, StringData> texts = new EnumMap<>(Outcome.class);

    private GenericRowData row;
    private byte[] state;

    /**
     * @param key where the input has the columns of the key
     */
    Arrivals(Windows windows, int[] key, WindowMetrics metrics) {
        this.windows = windows;
        this.ledger = windows.ledger;
        this.key = key;
        this.metrics = metrics;
        width = windows.output().length;
        entry = new Entry(windows.layout, windows.idInput);
        for (Outcome outcome : Outcome.values()) {
            texts.put(outcome, StringData.fromString(outcome.name().toLowerCase(Locale.ROOT)));
        }
    }

    /** Whether a row is skipped; then its key's state is not needed. */
    boolean isSkipped(Row input) {
        return windows.skipIfInput >= 0 && input.getField(windows.skipIfInput) != null
                || input.getField(windows.idInput) == null
                || input.getField(windows.layout.time.input) == null
                || isWithoutKey(input);
    }

    private boolean isWithoutKey(Row input) {
        for (int column : key) {
            if (input.getField(column) == null) {
                return true;
            }
        }
        return false;
    }

    /** Skip a row. */
    void skip() {
        state = null;
        say(Outcome.SKIPPED);
    }

    /**
     * Take a row that is not skipped.
     *
     * @param before the key's state, null if there is none; may be changed in place
     * @throws UnreadableStateException this function cannot read the state
     */
    void take(byte[] before, Row input) {
        state = null;
        ledger.open(before);
        entry.take(input);
        int known = ledger.indexOf(entry.idHigh, entry.idLow);
        if (known >= 0) {
            meetAgain(known);
            return;
        }
        boolean isFirst = ledger.count() == 0;
        long newest = isFirst ? entry.time : ledger.time(ledger.end() - 1);
        if (entry.time < Frames.before(newest, windows.spec.keepMs)) {
            metrics.tooOld();
            say(Outcome.TOO_OLD);
            return;
        }
        say(Outcome.NEW);
        if (entry.time < newest) {
            metrics.outOfOrder();
        }
        int at = ledger.insert(ledger.placeOf(entry.time), entry);
        long oldest = Frames.before(Math.max(newest, entry.time), windows.spec.keepMs);
        int first = ledger.firstSince(oldest, ledger.first(), at);
        int count = ledger.end() - first;
        windows.compute(at, first, row);
        metrics.kept(ledger.count(), count - ledger.count());
        state = ledger.close();
    }

    private void meetAgain(int known) {
        StringJoiner differs = new StringJoiner(", ");
        for (Column column : windows.same) {
            if (differs(column, known)) {
                differs.add(column.name);
            }
        }
        if (differs.length() == 0) {
            metrics.copy();
            say(Outcome.COPY);
        } else {
            metrics.conflict();
            say(Outcome.CONFLICT);
            row.setField(1, StringData.fromString(differs.toString()));
        }
    }

    private boolean differs(Column column, int known) {
        if (column == windows.layout.time) {
            return entry.time != ledger.time(known);
        }
        int place = windows.layout.kept.indexOf(column);
        boolean isNull = ledger.isNull(column, known);
        return isNull != entry.isNull[place]
                || !isNull
                        && column.comparable(ledger.bits(column, known))
                                != column.comparable(entry.bits[place]);
    }

    private void say(Outcome outcome) {
        row = new GenericRowData(width);
        row.setField(0, texts.get(outcome));
    }

    /** The columns that are added to the row's. */
    GenericRowData row() {
        return row;
    }

    /** The key's state from now on, null if it stays as it was. */
    byte[] state() {
        return state;
    }
}
