package swipestream.windows;

/** What can be computed of a window. */
enum Function {
    COUNT,
    SUM,
    AVG,
    MIN,
    MAX,
    STDDEV_SAMP,
    COUNT_DISTINCT,
    LAG,
    FIRST_VALUE,
    LAST_VALUE,
    /** The greatest time that has arrived. */
    NEWEST;

    /** Whether a window can be without a column. */
    boolean isOfRows() {
        return this == COUNT || this == NEWEST;
    }

    /** Whether it is of a window's rows, and not of one row at a distance or of all. */
    boolean isFramed() {
        return this != LAG && this != NEWEST;
    }

    /** Whether it adds up, so that rows can be left out by a filter. */
    boolean isAggregate() {
        return isFramed() && this != FIRST_VALUE && this != LAST_VALUE;
    }

    /** Whether it can be had of a column of a kind. */
    boolean takes(Kind kind) {
        return switch (this) {
            case COUNT, COUNT_DISTINCT -> true;
            case LAG, FIRST_VALUE, LAST_VALUE -> kind != Kind.TEXT;
            case SUM, AVG, MIN, MAX, STDDEV_SAMP -> kind == Kind.WHOLE || kind == Kind.REAL;
            case NEWEST -> false;
        };
    }
}
