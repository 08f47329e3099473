package swipestream.windows;

/**
 * The input of some windows: the values of a column that are not NULL, in rows where a filter is
 * TRUE.
 *
 * @param column null: every row counts, as in COUNT(*)
 * @param filter null: no filter
 */
record Series(Column column, Column filter) {
    private static final int NO_MASK = 0;

    /** The plane of bits that says whether the column is NULL. */
    int nullPlane() {
        return nullMask() == NO_MASK ? 0 : column.nullBit / 8;
    }

    int nullMask() {
        return column == null || column.nullBit < 0 ? NO_MASK : 1 << column.nullBit % 8;
    }

    /** The plane of bits that says whether the filter is TRUE. */
    int truePlane() {
        return filter == null ? 0 : filter.trueBit / 8;
    }

    int trueMask() {
        return filter == null ? NO_MASK : 1 << filter.trueBit % 8;
    }

    /** Whether all rows count. */
    boolean isAll() {
        return nullMask() == NO_MASK && trueMask() == NO_MASK;
    }
}
