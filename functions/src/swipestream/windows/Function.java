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

    /** Whether it needs no column. */
    boolean isOfRows() {
        return this == COUNT || this == NEWEST;
    }

    /** Whether it has a frame; LAG takes one row at a distance, NEWEST all rows. */
    boolean isFramed() {
        return this != LAG && this != NEWEST;
    }

    /** Whether it aggregates, so that a filter can leave out rows. */
    boolean isAggregate() {
        return isFramed() && this != FIRST_VALUE && this != LAST_VALUE;
    }

    /** Whether it accepts a column of a kind. */
    boolean takes(Kind kind) {
        return switch (this) {
            case COUNT, COUNT_DISTINCT -> true;
            case LAG, FIRST_VALUE, LAST_VALUE -> kind != Kind.TEXT;
            case SUM, AVG, MIN, MAX, STDDEV_SAMP -> kind == Kind.WHOLE || kind == Kind.REAL;
            case NEWEST -> false;
        };
    }
}
