package swipestream.postgres;

import org.apache.flink.table.data.RowData;

/** Puts one column of Flink's rows into the binary form of a column of PostgreSQL. */
interface ColumnEncoder {
    /**
     * Put a field that is not NULL.
     *
     * @throws UnstorableValueException the column cannot hold it
     */
    void put(RowData row, int field, RowBatch batch);
}
