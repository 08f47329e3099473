package swipestream.postgres;

/**
 * A column as PostgreSQL's catalog describes it.
 *
 * @param typeId the OID of its type
 * @param type the name of that type, or of the type under a domain, such as int4
 * @param shownType as people write it, such as character varying(8)
 * @param isText whether the binary form of the type is its text
 * @param limit n of varchar(n) and char(n), in characters; p of numeric(p, s); else -1
 * @param scale s of numeric(p, s)
 */
record PostgresColumn(
        String name,
        int typeId,
        String type,
        String shownType,
        boolean isText,
        int limit,
        int scale) {

    // PostgreSQL counts the modifiers of types with a limit from here.
    private static final int MODIFIER_OFFSET = 4;

    /**
     * @param category as in pg_type.typcategory
     * @param modifier as in pg_attribute.atttypmod
     */
    static PostgresColumn of(
            String name, int typeId, String type, String shownType, char category, int modifier) {
        boolean isText = category == 'S' || category == 'E' || type.equals("json");
        int limit = -1;
        int scale = 0;
        if (modifier >= MODIFIER_OFFSET) {
            int packed = modifier - MODIFIER_OFFSET;
            if (type.equals("varchar") || type.equals("bpchar")) {
                limit = packed;
            } else if (type.equals("numeric")) {
                limit = packed >> 16;
                // Eleven bits, signed.
                scale = ((packed & 0x7ff) ^ 1024) - 1024;
            }
        }
        return new PostgresColumn(name, typeId, type, shownType, isText, limit, scale);
    }

    /** Whether rows encoded for this column are right for the other one too. */
    boolean encodesAs(PostgresColumn other) {
        return typeId == other.typeId && limit == other.limit && scale == other.scale;
    }
}
