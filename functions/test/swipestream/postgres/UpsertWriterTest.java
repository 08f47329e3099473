package swipestream.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.metrics.groups.SinkWriterMetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.util.function.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** Rows for a store that is slow, stuck or broken. */
class UpsertWriterTest {
    private static final int MAX_ROWS = 10;

    private final Mailbox mailbox = new Mailbox();
    private final SinkWriterMetricGroup metrics =
            UnregisteredMetricsGroup.createSinkWriterMetricGroup();
    private UpsertWriter writer;

    @AfterEach
    void close() throws InterruptedException {
        if (writer != null) {
            writer.close();
        }
    }

    @Test
    void a_burst_is_one_batch() throws Exception {
        Store store = open(new Store());
        write(0, 3);
        mailbox.readOne();
        // It has grown since the mail was sent: the burst may not be over.
        write(3, 5);
        mailbox.readOne();
        assertEquals(List.of(), store.stored());
        mailbox.readAll();
        store.await(5);
        assertEquals(List.of(List.of(0, 1, 2, 3, 4)), store.batches);
    }

    @Test
    void what_gathers_meanwhile_is_the_next_batch_without_being_asked_for() throws Exception {
        Store store = open(new Store());
        store.block();
        write(0, 1);
        mailbox.readAll();
        store.awaitBlocked();
        write(1, 8);
        assertEquals(0, mailbox.size());
        store.unblock();
        store.await(8);
        assertEquals(List.of(List.of(0), List.of(1, 2, 3, 4, 5, 6, 7)), store.batches);
    }

    @Test
    void writing_waits_when_the_limit_is_reached() throws Exception {
        Store store = open(new Store());
        store.block();
        write(0, 1);
        mailbox.readAll();
        store.awaitBlocked();
        write(1, 1 + MAX_ROWS);
        Thread task = new Thread(() -> writeUnchecked(1 + MAX_ROWS, 2 + MAX_ROWS));
        task.start();
        awaitWaiting(task);
        store.unblock();
        task.join(10_000);
        writer.flush(false);
        assertEquals(2 + MAX_ROWS, store.stored().size());
    }

    @Test
    void a_checkpoint_waits_until_all_is_stored() throws Exception {
        Random random = new Random(7);
        Store store = open(new Store());
        int written = 0;
        for (int checkpoint = 0; checkpoint < 200; checkpoint++) {
            store.delayMicros = random.nextInt(300);
            for (int burst = random.nextInt(4); burst > 0; burst--) {
                int rows = random.nextInt(2 * MAX_ROWS);
                write(written, written + rows);
                written += rows;
                if (random.nextBoolean()) {
                    mailbox.readOne();
                }
            }
            writer.flush(false);
            assertEquals(IntStream.range(0, written).boxed().toList(), store.stored());
        }
        assertTrue(store.batches.stream().allMatch(batch -> batch.size() <= MAX_ROWS));
    }

    @Test
    void a_failure_reaches_the_task_even_if_no_row_comes() throws Exception {
        Store store = open(new Store());
        store.failure = new IOException("no such table");
        write(0, 1);
        mailbox.readAll();
        mailbox.await();
        assertEquals(
                "no such table", assertThrows(IOException.class, mailbox::readAll).getMessage());
        assertThrows(IOException.class, () -> write(1, 2));
        assertThrows(IOException.class, () -> writer.flush(true));
    }

    @Test
    void a_failure_ends_the_waiting_of_a_checkpoint() throws Exception {
        Store store = open(new Store());
        store.failure = new IOException("no such table");
        write(0, 1);
        assertThrows(IOException.class, () -> writer.flush(false));
    }

    @Test
    void closing_aborts_what_is_stuck() throws Exception {
        Store store = open(new Store());
        store.block();
        write(0, 1);
        mailbox.readAll();
        store.awaitBlocked();
        long start = System.nanoTime();
        writer.close();
        assertTrue(Duration.ofNanos(System.nanoTime() - start).toMillis() < 3000);
        assertTrue(store.isAborted);
        assertTrue(store.isClosed);
    }

    @Test
    void closing_an_idle_one_aborts_nothing() throws Exception {
        Store store = open(new Store());
        write(0, 3);
        writer.flush(true);
        writer.close();
        assertEquals(List.of(0, 1, 2), store.stored());
        assertEquals(false, store.isAborted);
        assertTrue(store.isClosed);
    }

    private Store open(Store store) throws IOException {
        SinkSettings settings =
                new SinkSettings(
                        "",
                        null,
                        null,
                        "numbers",
                        MAX_ROWS,
                        1 << 20,
                        Duration.ofSeconds(1),
                        List.of("n"),
                        List.of(new IntType()),
                        new int[0]);
        PostgresTable table =
                new PostgresTable(
                        "numbers",
                        1,
                        List.of(PostgresColumn.of("n", 23, "int4", "integer", 'N', -1)));
        writer = new UpsertWriter(settings, mailbox, metrics, store, RowEncoder.of(settings, table));
        return store;
    }

    private void write(int from, int to) throws IOException, InterruptedException {
        for (int n = from; n < to; n++) {
            writer.write(GenericRowData.of(n), null);
        }
    }

    private void writeUnchecked(int from, int to) {
        try {
            write(from, to);
        } catch (IOException | InterruptedException failure) {
            throw new IllegalStateException(failure);
        }
    }

    private static void awaitWaiting(Thread thread) {
        long end = System.nanoTime() + 10_000_000_000L;
        while (thread.getState() != Thread.State.WAITING) {
            assertTrue(System.nanoTime() < end && thread.isAlive(), "it did not wait");
            Thread.onSpinWait();
        }
    }

    /** Remembers the numbers of each batch. */
    private static final class Store implements BatchStore {
        final List<List<Integer>> batches = new ArrayList<>();
        volatile int delayMicros;
        volatile IOException failure;
        volatile boolean isAborted;
        volatile boolean isClosed;
        private volatile CountDownLatch gate = new CountDownLatch(0);
        private final CountDownLatch blocked = new CountDownLatch(1);

        @Override
        public void store(RowBatch batch) throws IOException, InterruptedException {
            if (failure != null) {
                throw failure;
            }
            if (gate.getCount() > 0) {
                blocked.countDown();
            }
            gate.await();
            TimeUnit.MICROSECONDS.sleep(delayMicros);
            List<Integer> numbers = new ArrayList<>();
            for (int start : batch.rowStarts()) {
                numbers.add(RowBatch.intAt(batch.bytes(), start + 4));
            }
            synchronized (this) {
                batches.add(numbers);
                notifyAll();
            }
        }

        synchronized List<Integer> stored() {
            return batches.stream().flatMap(List::stream).toList();
        }

        synchronized void await(int rows) throws InterruptedException {
            while (stored().size() < rows) {
                wait();
            }
        }

        void block() {
            gate = new CountDownLatch(1);
        }

        void unblock() {
            gate.countDown();
        }

        void awaitBlocked() throws InterruptedException {
            blocked.await();
        }

        @Override
        public void abort() {
            isAborted = true;
        }

        @Override
        public void close() {
            isClosed = true;
        }
    }

    /** A task's mailbox, read by the test. */
    private static final class Mailbox implements MailboxExecutor {
        private final Queue<ThrowingRunnable<? extends Exception>> mails = new ArrayDeque<>();

        @Override
        public synchronized void execute(
                MailOptions options,
                ThrowingRunnable<? extends Exception> mail,
                String description,
                Object... arguments) {
            mails.add(mail);
            notifyAll();
        }

        synchronized int size() {
            return mails.size();
        }

        synchronized void await() throws InterruptedException {
            while (mails.isEmpty()) {
                wait();
            }
        }

        void readOne() throws Exception {
            ThrowingRunnable<? extends Exception> mail;
            synchronized (this) {
                mail = mails.poll();
            }
            if (mail != null) {
                mail.run();
            }
        }

        void readAll() throws Exception {
            while (size() > 0) {
                readOne();
            }
        }

        @Override
        public void yield() throws InterruptedException {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean tryYield() {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean shouldInterrupt() {
            return false;
        }
    }
}
