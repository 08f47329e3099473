package swipestream.postgres;

import org.apache.flink.metrics.Counter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;

/** Tries again what may pass, with growing pauses, until a time limit. */
final class Retries {
    private static final Logger LOG = LoggerFactory.getLogger(Retries.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    private final String connector;
    private final String table;
    private final Duration timeout;
    private final Counter retries;
    private volatile boolean isAborted;

    /**
     * @param connector for logs
     * @param retries counts every further attempt
     */
    Retries(String connector, String table, Duration timeout, Counter retries) {
        this.connector = connector;
        this.table = table;
        this.timeout = timeout;
        this.retries = retries;
    }

    interface Attempt<T> {
        T run() throws SQLException, IOException;
    }

    /** Let the next failure be the last. */
    void abort() {
        isAborted = true;
    }

    boolean isAborted() {
        return isAborted;
    }

    /**
     * Run an attempt until it succeeds.
     *
     * @param what is attempted, for errors
     * @param close gives up the connection after a failure
     * @throws IOException it will not succeed, or did not in time; without any value of a row
     */
    <T> T run(String what, Runnable close, Attempt<T> attempt)
            throws IOException, InterruptedException {
        long end = System.nanoTime() + timeout.toNanos();
        Duration pause = FIRST_PAUSE;
        for (int attempts = 1; ; attempts++) {
            try {
                T result = attempt.run();
                if (attempts > 1) {
                    LOG.info("{} goes on: table={} attempts={}", connector, table, attempts);
                }
                return result;
            } catch (SQLException error) {
                close.run();
                if (isAborted) {
                    throw new InterruptedException("aborted");
                }
                StoreFailure failure = StoreFailure.of(error);
                if (!failure.mayPass() || System.nanoTime() + pause.toNanos() - end > 0) {
                    // Without the error as its cause: the error's text may hold values of a row.
                    throw new IOException(
                            String.format(
                                    "could not %s, table %s, attempts %d: %s",
                                    what, table, attempts, failure.cause()));
                }
                LOG.warn(
                        "{} tries again: table={} attempt={} cause={}",
                        connector,
                        table,
                        attempts,
                        failure.cause());
            }
            retries.inc();
            Thread.sleep(pause.toMillis());
            Duration doubled = pause.multipliedBy(2);
            pause = doubled.compareTo(LONGEST_PAUSE) < 0 ? doubled : LONGEST_PAUSE;
        }
    }
}
