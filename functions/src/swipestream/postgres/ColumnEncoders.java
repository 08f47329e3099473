package swipestream.postgres;

import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;
import org.postgresql.util.ByteConverter;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.UUID;

/**
 * Which of Flink's types goes into which of PostgreSQL's, and how.
 *
 * <table>
 * <caption>What goes where</caption>
 * <tr><td>TINYINT, SMALLINT, INT, BIGINT</td>
 *     <td>smallint, integer, bigint, real, double precision, numeric, text</td></tr>
 * <tr><td>FLOAT, DOUBLE</td><td>real, double precision, numeric</td></tr>
 * <tr><td>DECIMAL</td><td>numeric, double precision, text</td></tr>
 * <tr><td>BOOLEAN</td><td>boolean, text</td></tr>
 * <tr><td>CHAR, STRING</td><td>text and its kin, json, jsonb, uuid, an enum</td></tr>
 * <tr><td>BINARY, BYTES</td><td>bytea</td></tr>
 * <tr><td>DATE</td><td>date</td></tr>
 * <tr><td>TIME</td><td>time</td></tr>
 * <tr><td>TIMESTAMP, TIMESTAMP_LTZ</td><td>timestamp, timestamptz; where only one of the two has a
 *     time zone, the other is in UTC</td></tr>
 * </table>
 *
 * <p>Everything else is refused: the query needs a cast. What PostgreSQL cannot hold in a text, the
 * character 0 and bytes that are not UTF-8, becomes U+FFFD. Fractions of a microsecond are cut off.
 * tests/functions/test_postgres_upsert_types.py compares what is stored with what was sent.
 */
final class ColumnEncoders {
    private static final Set<LogicalTypeRoot> STORABLE =
            Set.of(
                    LogicalTypeRoot.TINYINT,
                    LogicalTypeRoot.SMALLINT,
                    LogicalTypeRoot.INTEGER,
                    LogicalTypeRoot.BIGINT,
                    LogicalTypeRoot.FLOAT,
                    LogicalTypeRoot.DOUBLE,
                    LogicalTypeRoot.DECIMAL,
                    LogicalTypeRoot.BOOLEAN,
                    LogicalTypeRoot.CHAR,
                    LogicalTypeRoot.VARCHAR,
                    LogicalTypeRoot.BINARY,
                    LogicalTypeRoot.VARBINARY,
                    LogicalTypeRoot.DATE,
                    LogicalTypeRoot.TIME_WITHOUT_TIME_ZONE,
                    LogicalTypeRoot.TIMESTAMP_WITHOUT_TIME_ZONE,
                    LogicalTypeRoot.TIMESTAMP_WITH_LOCAL_TIME_ZONE);

    private ColumnEncoders() {}

    /** Whether any type of PostgreSQL could take it. */
    static boolean isStorable(LogicalType type) {
        return STORABLE.contains(type.getTypeRoot());
    }

    /**
     * @return null if the type does not go into the column
     */
    static ColumnEncoder of(LogicalType type, PostgresColumn column) {
        return switch (type.getTypeRoot()) {
            case TINYINT -> ofWhole((row, field) -> row.getByte(field), column);
            case SMALLINT -> ofWhole((row, field) -> row.getShort(field), column);
            case INTEGER -> ofWhole((row, field) -> row.getInt(field), column);
            case BIGINT -> ofWhole(RowData::getLong, column);
            case FLOAT ->
                    column.type().equals("numeric")
                            // Through its text, or 0.1 would become 0.10000000149011612.
                            ? ofNumeric(
                                    (row, field) ->
                                            Double.parseDouble(Float.toString(row.getFloat(field))),
                                    column)
                            : ofFraction((row, field) -> row.getFloat(field), column);
            case DOUBLE ->
                    column.type().equals("numeric")
                            ? ofNumeric(RowData::getDouble, column)
                            : ofFraction(RowData::getDouble, column);
            case DECIMAL -> ofDecimal((DecimalType) type, column);
            case BOOLEAN -> ofBoolean(column);
            case CHAR, VARCHAR -> ofText(column);
            case BINARY, VARBINARY ->
                    column.type().equals("bytea")
                            ? (row, field, batch) -> batch.putField(row.getBinary(field))
                            : null;
            case DATE ->
                    column.type().equals("date")
                            ? (row, field, batch) ->
                                    batch.putIntField(PostgresTime.date(row.getInt(field)))
                            : null;
            case TIME_WITHOUT_TIME_ZONE ->
                    column.type().equals("time")
                            ? (row, field, batch) ->
                                    batch.putLongField(PostgresTime.time(row.getInt(field)))
                            : null;
            case TIMESTAMP_WITHOUT_TIME_ZONE, TIMESTAMP_WITH_LOCAL_TIME_ZONE ->
                    ofTimestamp(LogicalTypeChecks.getPrecision(type), column);
            default -> null;
        };
    }

    /** How to read a whole number. */
    private interface Whole {
        long of(RowData row, int field);
    }

    /** How to read a fraction. */
    private interface Fraction {
        double of(RowData row, int field);
    }

    private static ColumnEncoder ofWhole(Whole value, PostgresColumn column) {
        return switch (column.type()) {
            case "int2" ->
                    (row, field, batch) -> {
                        long number = value.of(row, field);
                        require((short) number == number, column);
                        batch.putShortField((short) number);
                    };
            case "int4" ->
                    (row, field, batch) -> {
                        long number = value.of(row, field);
                        require((int) number == number, column);
                        batch.putIntField((int) number);
                    };
            case "int8" -> (row, field, batch) -> batch.putLongField(value.of(row, field));
            case "float4", "float8" -> ofFraction((row, field) -> value.of(row, field), column);
            case "numeric" ->
                    (row, field, batch) ->
                            putNumeric(BigDecimal.valueOf(value.of(row, field)), column, batch);
            default ->
                    column.isText()
                            ? (row, field, batch) ->
                                    putText(Long.toString(value.of(row, field)), column, batch)
                            : null;
        };
    }

    private static ColumnEncoder ofFraction(Fraction value, PostgresColumn column) {
        return switch (column.type()) {
            case "float4" ->
                    (row, field, batch) -> {
                        double number = value.of(row, field);
                        require(Float.isFinite((float) number) || !Double.isFinite(number), column);
                        batch.putIntField(Float.floatToIntBits((float) number));
                    };
            case "float8" ->
                    (row, field, batch) ->
                            batch.putLongField(Double.doubleToLongBits(value.of(row, field)));
            default -> null;
        };
    }

    private static ColumnEncoder ofNumeric(Fraction value, PostgresColumn column) {
        return (row, field, batch) -> {
            double number = value.of(row, field);
            if (Double.isFinite(number)) {
                putNumeric(new BigDecimal(Double.toString(number)), column, batch);
            } else {
                require(Double.isNaN(number) || column.limit() < 0, column);
                batch.putField(PostgresNumeric.notFinite(number));
            }
        };
    }

    private static ColumnEncoder ofDecimal(DecimalType type, PostgresColumn column) {
        int precision = type.getPrecision();
        int scale = type.getScale();
        return switch (column.type()) {
            case "numeric" ->
                    (row, field, batch) ->
                            putNumeric(
                                    row.getDecimal(field, precision, scale).toBigDecimal(),
                                    column,
                                    batch);
            case "float8" ->
                    ofFraction(
                            (row, field) ->
                                    row.getDecimal(field, precision, scale)
                                            .toBigDecimal()
                                            .doubleValue(),
                            column);
            default ->
                    column.isText()
                            ? (row, field, batch) ->
                                    putText(
                                            row.getDecimal(field, precision, scale)
                                                    .toBigDecimal()
                                                    .toPlainString(),
                                            column,
                                            batch)
                            : null;
        };
    }

    private static ColumnEncoder ofBoolean(PostgresColumn column) {
        if (column.type().equals("bool")) {
            return (row, field, batch) ->
                    batch.putByteField((byte) (row.getBoolean(field) ? 1 : 0));
        }
        return column.isText()
                ? (row, field, batch) ->
                        putText(Boolean.toString(row.getBoolean(field)), column, batch)
                : null;
    }

    private static ColumnEncoder ofText(PostgresColumn column) {
        return switch (column.type()) {
            case "uuid" ->
                    (row, field, batch) ->
                            batch.putField(uuid(row.getString(field).toString(), column));
            case "jsonb" ->
                    (row, field, batch) -> {
                        byte[] text = PostgresText.storable(row.getString(field).toBytes());
                        batch.putFieldLength(1 + text.length);
                        batch.put(JSONB_VERSION);
                        batch.put(text);
                    };
            default ->
                    column.isText()
                            ? (row, field, batch) ->
                                    putText(row.getString(field).toBytes(), column, batch)
                            : null;
        };
    }

    private static final byte[] JSONB_VERSION = {1};

    private static ColumnEncoder ofTimestamp(int precision, PostgresColumn column) {
        return column.type().equals("timestamp") || column.type().equals("timestamptz")
                ? (row, field, batch) ->
                        batch.putLongField(
                                PostgresTime.timestamp(row.getTimestamp(field, precision)))
                : null;
    }

    private static byte[] uuid(String text, PostgresColumn column) {
        try {
            UUID id = UUID.fromString(text);
            byte[] bytes = new byte[16];
            ByteConverter.int8(bytes, 0, id.getMostSignificantBits());
            ByteConverter.int8(bytes, 8, id.getLeastSignificantBits());
            return bytes;
        } catch (IllegalArgumentException notOne) {
            throw new UnstorableValueException(column);
        }
    }

    private static void putNumeric(BigDecimal number, PostgresColumn column, RowBatch batch) {
        BigDecimal rounded = number;
        if (column.limit() >= 0) {
            rounded = number.setScale(column.scale(), RoundingMode.HALF_UP);
            require(rounded.signum() == 0 || rounded.precision() <= column.limit(), column);
        }
        batch.putField(ByteConverter.numeric(rounded));
    }

    private static void putText(String text, PostgresColumn column, RowBatch batch) {
        putText(text.getBytes(StandardCharsets.UTF_8), column, batch);
    }

    private static void putText(byte[] text, PostgresColumn column, RowBatch batch) {
        byte[] storable = PostgresText.storable(text);
        if (column.limit() >= 0 && storable.length > column.limit()) {
            require(PostgresText.fits(storable, column.limit()), column);
        }
        batch.putField(storable);
    }

    private static void require(boolean fits, PostgresColumn column) {
        if (!fits) {
            throw new UnstorableValueException(column);
        }
    }
}
