package swipestream.postgres;

import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.groups.SinkWriterMetricGroup;
import org.apache.flink.table.data.RowData;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.util.concurrent.RejectedExecutionException;

/**
 * One parallel instance of the sink: rows gather here while its thread stores earlier ones.
 *
 * <p>When that thread is idle, it gets the first rows once their burst is over: the task sends
 * itself a mail, which it reads when it has nothing else to do. When the thread is busy, it takes
 * what has gathered as soon as it is done. So batches are as small as latency allows and as large
 * as the load needs. If they reach the limit, writing waits, and with it the job.
 */
final class UpsertWriter implements SinkWriter<RowData> {
    private static final Logger LOG = LoggerFactory.getLogger(UpsertWriter.class);
    private static final long LONGEST_CLOSE_MS = 5000;
    // For a task that is never idle, the burst would never end.
    private static final long LONGEST_BURST_NS = 5_000_000;

    private final SinkSettings settings;
    private final MailboxExecutor mailbox;
    private final BatchStore store;
    private final RowEncoder encoder;
    private final Thread thread;
    private final Counter storedRows;
    private final Counter storedBytes;
    private final Counter storedBatches;

    // All below is read and changed with this lock held.
    private final Object lock = new Object();
    private RowBatch gathering;
    private RowBatch other;
    private boolean isStoring;
    // Whether to store what has gathered as soon as the thread is idle.
    private boolean isDue;
    private boolean isMailSent;
    private int rowsAtMail;
    private long burstStart;
    private IOException failure;
    private boolean isClosed;

    UpsertWriter(
            SinkSettings settings,
            MailboxExecutor mailbox,
            SinkWriterMetricGroup metrics,
            BatchStore store,
            RowEncoder encoder) {
        this.settings = settings;
        this.mailbox = mailbox;
        this.store = store;
        this.encoder = encoder;
        gathering = new RowBatch(settings.key().length);
        other = new RowBatch(settings.key().length);
        storedRows = metrics.getNumRecordsSendCounter();
        storedBytes = metrics.getNumBytesSendCounter();
        storedBatches = metrics.counter("numBatchesSend");
        thread = new Thread(this::storeBatches, settings.toString());
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Connect to the database, and match the sink's columns with the table's.
     *
     * @throws IOException they do not match, or the database did not answer in time
     */
    static UpsertWriter open(
            SinkSettings settings, MailboxExecutor mailbox, SinkWriterMetricGroup metrics)
            throws IOException, InterruptedException {
        RetryingStore store = new RetryingStore(settings, metrics.counter("numRetries"));
        try {
            RowEncoder encoder = RowEncoder.of(settings, store.open());
            return new UpsertWriter(settings, mailbox, metrics, store, encoder);
        } catch (IOException | InterruptedException | RuntimeException failure) {
            store.close();
            throw failure;
        }
    }

    @Override
    public void write(RowData row, Context context) throws IOException, InterruptedException {
        synchronized (lock) {
            throwFailure();
            while (isFull()) {
                makeDue();
                lock.wait();
                throwFailure();
            }
            try {
                encoder.put(row, gathering);
            } catch (UnstorableValueException unstorable) {
                throw new IOException(
                        "could not store a row in table "
                                + settings.table()
                                + ": "
                                + unstorable.getMessage());
            }
            if (!isStoring && !isDue && !isMailSent) {
                burstStart = System.nanoTime();
                sendMail();
            }
        }
    }

    private boolean isFull() {
        return gathering.rows() >= settings.maxRows() || gathering.length() >= settings.maxBytes();
    }

    private void sendMail() {
        isMailSent = true;
        rowsAtMail = gathering.rows();
        mailbox.execute(this::readMail, "store what has gathered");
    }

    private void readMail() throws IOException {
        synchronized (lock) {
            isMailSent = false;
            throwFailure();
            boolean hasGrown = gathering.rows() > rowsAtMail;
            if (hasGrown && !isFull() && System.nanoTime() - burstStart < LONGEST_BURST_NS) {
                sendMail();
            } else {
                makeDue();
            }
        }
    }

    private void makeDue() {
        if (gathering.rows() > 0) {
            isDue = true;
            lock.notifyAll();
        }
    }

    @Override
    public void flush(boolean endOfInput) throws IOException, InterruptedException {
        synchronized (lock) {
            makeDue();
            while (failure == null && (isStoring || gathering.rows() > 0)) {
                lock.wait();
            }
            throwFailure();
        }
    }

    @Override
    public void close() throws InterruptedException {
        boolean isBusy;
        synchronized (lock) {
            isClosed = true;
            isBusy = isStoring;
            lock.notifyAll();
        }
        if (isBusy) {
            store.abort();
            thread.interrupt();
        }
        thread.join(LONGEST_CLOSE_MS);
        if (thread.isAlive()) {
            LOG.warn("{} is still busy, left behind: it ends by itself", settings);
        }
    }

    private void throwFailure() throws IOException {
        if (failure != null) {
            // A new one each time, for the caller's stack trace.
            throw new IOException(failure.getMessage());
        }
    }

    /** The thread's loop: store one batch after the other. */
    private void storeBatches() {
        try {
            RowBatch batch = takeBatch();
            while (batch != null) {
                long rows = batch.rows();
                store.store(batch);
                storedRows.inc(rows);
                storedBytes.inc(batch.length());
                storedBatches.inc();
                LOG.debug("stored: table={} rows={}", settings.table(), rows);
                batch = takeBatch();
            }
        } catch (InterruptedException closed) {
            fail(new IOException(settings + " was closed"));
        } catch (IOException failed) {
            fail(failed);
        } catch (RuntimeException | Error unexpected) {
            LOG.error("{} failed", settings, unexpected);
            fail(new IOException(settings + " failed: " + unexpected.getClass().getName()));
        } finally {
            store.close();
        }
    }

    /** Wait for something to store; null when the sink is closed. */
    private RowBatch takeBatch() throws InterruptedException {
        synchronized (lock) {
            if (isStoring) {
                other.clear();
                isStoring = false;
                isDue |= gathering.rows() > 0;
                lock.notifyAll();
            }
            while (!isClosed && !(isDue && gathering.rows() > 0)) {
                lock.wait();
            }
            if (isClosed) {
                return null;
            }
            RowBatch batch = gathering;
            gathering = other;
            other = batch;
            isStoring = true;
            isDue = false;
            lock.notifyAll();
            return batch;
        }
    }

    private void fail(IOException why) {
        synchronized (lock) {
            failure = why;
            isStoring = false;
            lock.notifyAll();
            if (isClosed) {
                return;
            }
        }
        try {
            // If no row arrives, nothing else would fail the task.
            mailbox.execute(this::throwFailure, "fail");
        } catch (RejectedExecutionException ended) {
            // The task is over anyway.
        }
    }
}
