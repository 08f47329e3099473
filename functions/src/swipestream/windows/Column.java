package swipestream.windows;

import org.apache.flink.table.types.DataType;

/** A column that windows read: where the input has it, and where the ledger keeps it. */
final class Column {
    private static final int NONE = -1;

    final String name;
    final DataType type;
    final Kind kind;

    /** Its place in the input. */
    final int input;

    /** Which of the ledger's regions with 8 bytes per entry; none for a flag. */
    final int region;

    /** Which of the ledger's bits says that it is NULL; none for the time. */
    final int nullBit;

    /** Which of the ledger's bits says that it is TRUE; for a flag only. */
    final int trueBit;

    private Column(
            String name,
            DataType type,
            Kind kind,
            int input,
            int region,
            int nullBit,
            int trueBit) {
        this.name = name;
        this.type = type;
        this.kind = kind;
        this.input = input;
        this.region = region;
        this.nullBit = nullBit;
        this.trueBit = trueBit;
    }

    static Column time(String name, DataType type, int input) {
        return new Column(name, type, Kind.WHOLE, input, Entries.TIMES, NONE, NONE);
    }

    static Column wide(String name, DataType type, int input, int region, int nullBit) {
        Kind kind = Kind.of(type.getLogicalType());
        return new Column(name, type, kind, input, region, nullBit, NONE);
    }

    static Column flag(String name, DataType type, int input, int nullBit, int trueBit) {
        return new Column(name, type, Kind.FLAG, input, NONE, nullBit, trueBit);
    }

    /** The bits that are kept of a value that is not NULL. */
    long bits(Object value) {
        return switch (kind) {
            case WHOLE -> ((Number) value).longValue();
            case REAL -> Double.doubleToRawLongBits(((Number) value).doubleValue());
            case TEXT -> Fingerprint.of((String) value);
            case FLAG -> (Boolean) value ? 1 : 0;
        };
    }

    /** The value of kept bits, in Flink's representation of the column's type. */
    Object value(long bits) {
        return switch (type.getLogicalType().getTypeRoot()) {
            case TINYINT -> (byte) bits;
            case SMALLINT -> (short) bits;
            case INTEGER -> (int) bits;
            case BIGINT -> bits;
            case FLOAT -> (float) Double.longBitsToDouble(bits);
            case DOUBLE -> Double.longBitsToDouble(bits);
            case BOOLEAN -> bits != 0;
            default -> throw new IllegalStateException(name + " is not kept as it is");
        };
    }

    /** The same bits for values that SQL calls equal: 0.0 and -0.0, and every NaN. */
    long comparable(long bits) {
        if (kind != Kind.REAL) {
            return bits;
        }
        double value = Double.longBitsToDouble(bits);
        return value == 0 ? 0 : Double.doubleToLongBits(value);
    }

    /** Whether equal values have equal bits, and only those. */
    boolean isExact(long bits) {
        if (kind != Kind.REAL) {
            return kind != Kind.FLAG;
        }
        double value = Double.longBitsToDouble(bits);
        return value != 0 && !Double.isNaN(value);
    }

    @Override
    public String toString() {
        return kind + " " + name;
    }
}
