package swipestream.postgres;

import org.apache.flink.table.data.RowData;

import java.io.IOException;
import java.util.stream.IntStream;

/** Puts Flink's rows into a batch. */
final class RowEncoder {
    // In the order in which a batch has the fields.
    private final int[] order;
    private final ColumnEncoder[] encoders;

    private RowEncoder(int[] order, ColumnEncoder[] encoders) {
        this.order = order;
        this.encoders = encoders;
    }

    /**
     * @param table as it is in the database
     * @throws IOException it cannot take one of the sink's columns
     */
    static RowEncoder of(SinkSettings settings, PostgresTable table) throws IOException {
        int[] order = keyFirst(settings);
        ColumnEncoder[] encoders = new ColumnEncoder[order.length];
        for (int i = 0; i < order.length; i++) {
            String name = settings.columns().get(order[i]);
            PostgresColumn column = table.column(name);
            encoders[i] = ColumnEncoders.of(settings.types().get(order[i]), column);
            if (encoders[i] == null) {
                throw new IOException(
                        String.format(
                                "column %s is %s here and %s in table %s%nhint: cast it in the"
                                    + " query",
                                name,
                                settings.types().get(order[i]).asSummaryString(),
                                column.shownType(),
                                settings.table()));
            }
        }
        return new RowEncoder(order, encoders);
    }

    /** The sink's columns in the order in which a batch has them, as positions in the settings. */
    static int[] keyFirst(SinkSettings settings) {
        IntStream key = IntStream.of(settings.key());
        IntStream others =
                IntStream.range(0, settings.columns().size())
                        .filter(
                                field ->
                                        IntStream.of(settings.key())
                                                .noneMatch(part -> part == field));
        return IntStream.concat(key, others).toArray();
    }

    /**
     * @throws UnstorableValueException a column cannot hold its value
     */
    void put(RowData row, RowBatch batch) {
        for (int i = 0; i < order.length; i++) {
            int field = order[i];
            if (row.isNullAt(field)) {
                batch.putNull();
            } else {
                encoders[i].put(row, field, batch);
            }
        }
        batch.endRow();
    }
}
