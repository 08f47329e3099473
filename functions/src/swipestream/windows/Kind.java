package swipestream.windows;

import org.apache.flink.table.types.logical.LogicalType;

/** What kind of values a column holds, and so how they are kept. */
enum Kind {
    /** TINYINT, SMALLINT, INT, BIGINT: 64 bits. */
    WHOLE,
    /** FLOAT, DOUBLE: the 64 bits of the double. */
    REAL,
    /** CHAR, VARCHAR, STRING: a fingerprint of 64 bits, so it can be counted but not given back. */
    TEXT,
    /** BOOLEAN: one bit. */
    FLAG;

    /** The kind of a type; null if such a column cannot be kept. */
    static Kind of(LogicalType type) {
        return switch (type.getTypeRoot()) {
            case TINYINT, SMALLINT, INTEGER, BIGINT -> WHOLE;
            case FLOAT, DOUBLE -> REAL;
            case CHAR, VARCHAR -> TEXT;
            case BOOLEAN -> FLAG;
            default -> null;
        };
    }
}
