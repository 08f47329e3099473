package swipestream.postgres;

import java.io.IOException;

/** Where batches go; used by one thread at a time. */
interface BatchStore {
    /**
     * Store a batch. When this returns, it is committed.
     *
     * @throws IOException it could not be stored; trying again would not help
     * @throws InterruptedException the thread was interrupted, or the store aborted
     */
    void store(RowBatch batch) throws IOException, InterruptedException;

    /** Stop what is under way, from any thread. */
    void abort();

    void close();
}
