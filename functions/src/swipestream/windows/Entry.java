package swipestream.windows;

import org.apache.flink.types.Row;

/** What a ledger will keep of a row, before the row is added. */
final class Entry {
    private final Layout layout;
    private final int idInput;
    private final Fingerprint fingerprint = new Fingerprint();

    long time;
    long idHigh;
    long idLow;

    /** By place in the layout; 0 for NULL. */
    final long[] bits;

    final boolean[] isNull;

    /**
     * @param idInput where the input has the id
     */
    Entry(Layout layout, int idInput) {
        this.layout = layout;
        this.idInput = idInput;
        bits = new long[layout.kept.size()];
        isNull = new boolean[layout.kept.size()];
    }

    /**
     * @param row one with an id and a time
     */
    void take(Row row) {
        time = (Long) row.getField(layout.time.input);
        fingerprint.take((String) row.getField(idInput));
        idHigh = fingerprint.high();
        idLow = fingerprint.low();
        for (int i = 0; i < bits.length; i++) {
            Column column = layout.kept.get(i);
            Object value = row.getField(column.input);
            isNull[i] = value == null;
            bits[i] = value == null ? 0 : column.bits(value);
        }
    }
}
