package swipestream.postgres;

/** What BigDecimal lacks of PostgreSQL's numeric. */
final class PostgresNumeric {
    private static final byte[] NOT_A_NUMBER = {0, 0, 0, 0, (byte) 0xC0, 0, 0, 0};
    private static final byte[] INFINITY = {0, 0, 0, 0, (byte) 0xD0, 0, 0, 0};
    private static final byte[] MINUS_INFINITY = {0, 0, 0, 0, (byte) 0xF0, 0, 0, 0};

    private PostgresNumeric() {}

    /** The binary form of NaN or an infinity, which PostgreSQL has from version 14 on. */
    static byte[] notFinite(double number) {
        if (Double.isNaN(number)) {
            return NOT_A_NUMBER;
        }
        return number > 0 ? INFINITY : MINUS_INFINITY;
    }
}
