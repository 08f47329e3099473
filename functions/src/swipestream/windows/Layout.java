package swipestream.windows;

import java.util.List;

/**
 * Which columns a ledger keeps, and how wide an entry is.
 *
 * <p>It depends on the columns alone and never on what is computed of them, so that a new window
 * over columns that are kept already finds all it needs.
 */
final class Layout {
    final Column time;
    final List<Column> kept;

    /** Regions with 8 bytes per entry: time, id, and all columns but flags. */
    final int regions;

    /** Regions with one byte per entry, each with eight flags. */
    final int planes;

    /** Of the columns' names and kinds: state with another fingerprint is not read. */
    final long fingerprint;

    /**
     * @param id the name of the column with the id
     * @param kept in the order of the spec
     */
    Layout(String id, Column time, List<Column> kept) {
        this.time = time;
        this.kept = kept;
        int wide = 0;
        int bits = 0;
        StringBuilder text = new StringBuilder("id " + id + " time " + time.name);
        for (Column column : kept) {
            wide += column.kind == Kind.FLAG ? 0 : 1;
            bits += column.kind == Kind.FLAG ? 2 : 1;
            text.append(' ').append(column.kind).append(' ').append(column.name);
        }
        regions = Entries.FIRST_KEPT + wide;
        planes = Math.max(1, (bits + 7) / 8);
        fingerprint = Fingerprint.of(text.toString());
    }

    int entryBytes() {
        return 8 * regions + planes;
    }
}
