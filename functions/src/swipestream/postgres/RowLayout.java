package swipestream.postgres;

/**
 * How a batch's fields become a row of a table.
 *
 * @param rowTypeId the OID of the type of the table's rows
 * @param typeIds the OID of each of its columns' types
 * @param fieldOf for each of its columns, which field of a batch's row it is, or -1
 * @param fields how many fields a batch's row has
 */
record RowLayout(int rowTypeId, int[] typeIds, int[] fieldOf, int fields) {}
