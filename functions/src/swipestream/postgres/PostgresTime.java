package swipestream.postgres;

import org.apache.flink.table.data.TimestampData;

/** PostgreSQL counts days and microseconds from 2000-01-01. */
final class PostgresTime {
    private static final int EPOCH_DAYS = 10_957;
    private static final long EPOCH_MS = EPOCH_DAYS * 86_400_000L;

    private PostgresTime() {}

    /**
     * @param days since 1970-01-01
     */
    static int date(int days) {
        return days - EPOCH_DAYS;
    }

    /**
     * @param milliseconds since midnight
     */
    static long time(int milliseconds) {
        return milliseconds * 1000L;
    }

    static long timestamp(TimestampData time) {
        return (time.getMillisecond() - EPOCH_MS) * 1000 + time.getNanoOfMillisecond() / 1000;
    }
}
