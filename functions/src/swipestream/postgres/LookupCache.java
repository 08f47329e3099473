package swipestream.postgres;

import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.ThreadSafeSimpleCounter;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Rows of a lookup table that are in memory, shared by all tasks of a process that look up the same
 * table by the same key.
 *
 * <p>Rows are read in groups, see {@link LookupTableFactory}. A key that is not in its group is
 * looked up alone, since its row may be newer than the group; the answer is kept as long, also if
 * there is no row.
 */
final class LookupCache {
    private static final Logger LOG = LoggerFactory.getLogger(LookupCache.class);
    // Payments around midnight ask for two days by turns.
    private static final int GROUPS_THAT_FIT = 2;
    private static final int TRIES_IN_A_LIFE = 10;
    // A table that did not fit will hardly fit soon, and reading it takes the heap of one that does.
    private static final int LIVES_LEFT_OUT = 12;

    // Read and changed with its lock held, as is users.
    private static final Map<LookupSettings, LookupCache> SHARED = new HashMap<>();

    private final LookupSettings settings;
    private final int[] key;
    private final int[] groupInKey;
    private final long lifeNanos;
    private final Counter reads = new ThreadSafeSimpleCounter();
    private final Counter retries = new ThreadSafeSimpleCounter();
    private final Map<LookupKey, Group> groups = new ConcurrentHashMap<>();
    // By key, the one unused for longest first. Used with its lock held.
    private final LinkedHashMap<LookupKey, Single> singles = new LinkedHashMap<>(16, 0.75f, true);
    // What tasks wait for. Used with its lock held.
    private final LookupReader reader;
    private final LookupReader aheadReader;
    private final ExecutorService ahead;
    private int users;

    LookupCache(LookupSettings settings) {
        this.settings = settings;
        key = settings.key().stream().mapToInt(settings.columns()::indexOf).toArray();
        groupInKey = settings.together().stream().mapToInt(settings.key()::indexOf).toArray();
        lifeNanos = settings.expireAfter().toNanos();
        reader = new LookupReader(settings, retries);
        aheadReader = new LookupReader(settings, retries);
        ahead =
                Executors.newSingleThreadExecutor(
                        task -> {
                            Thread thread = new Thread(() -> runAhead(task), settings.toString());
                            thread.setDaemon(true);
                            return thread;
                        });
    }

    /** The connection ends with the thread that uses it, also when that waited for the database. */
    private void runAhead(Runnable tasks) {
        try {
            tasks.run();
        } finally {
            aheadReader.close();
        }
    }

    /** Rows that were read at once. */
    private static final class Group {
        final Map<LookupKey, Collection<RowData>> byKey;
        final int rows;
        // There are too many rows to keep: each key is looked up alone.
        final boolean isLeftOut;
        final long readAt;
        final AtomicBoolean isBeingRead = new AtomicBoolean();
        volatile long triedAt;
        volatile long usedAt;

        private Group(
                Map<LookupKey, Collection<RowData>> byKey,
                int rows,
                boolean isLeftOut,
                long readAt) {
            this.byKey = byKey;
            this.rows = rows;
            this.isLeftOut = isLeftOut;
            this.readAt = readAt;
            triedAt = readAt;
            usedAt = readAt;
        }

        static Group leftOut(long readAt) {
            return new Group(Map.of(), 0, true, readAt);
        }
    }

    private record Single(Collection<RowData> rows, long readAt) {}

    /** The cache for these settings. Each call needs one of {@link #release}. */
    static LookupCache acquire(LookupSettings settings) {
        synchronized (SHARED) {
            LookupCache cache = SHARED.computeIfAbsent(settings, LookupCache::new);
            cache.users++;
            return cache;
        }
    }

    /** The last one forgets all rows and closes the connections. */
    void release() {
        synchronized (SHARED) {
            users--;
            if (users > 0) {
                return;
            }
            SHARED.remove(settings);
        }
        ahead.shutdownNow();
        aheadReader.abort();
        synchronized (reader) {
            reader.close();
        }
    }

    /** How often the database was asked. */
    Counter reads() {
        return reads;
    }

    /** How often it had to be asked again. */
    Counter retries() {
        return retries;
    }

    /** Rows in memory; a key without a row counts as one. */
    int size() {
        synchronized (singles) {
            return singles.size() + rowsInGroups();
        }
    }

    private int rowsInGroups() {
        return groups.values().stream().mapToInt(group -> group.rows).sum();
    }

    /** Connect, and read the table if it is read whole, so that no payment waits for that. */
    void warmUp() throws IOException, InterruptedException {
        synchronized (reader) {
            reader.open();
        }
        if (groupInKey.length == 0) {
            group(LookupKey.NONE);
        }
    }

    /**
     * The rows of a key.
     *
     * @param values of the key's columns, none of them null; the caller may reuse them
     * @throws IOException the database did not answer in time
     */
    Collection<RowData> rows(LookupKey values) throws IOException, InterruptedException {
        Collection<RowData> found = group(groupOf(values)).byKey.get(values);
        return found == null ? single(values) : found;
    }

    private LookupKey groupOf(LookupKey values) {
        if (groupInKey.length == 0) {
            return LookupKey.NONE;
        }
        Object[] group = new Object[groupInKey.length];
        for (int i = 0; i < group.length; i++) {
            group[i] = values.get(groupInKey[i]);
        }
        return new LookupKey(group);
    }

    private Group group(LookupKey name) throws IOException, InterruptedException {
        long now = System.nanoTime();
        Group group = groups.get(name);
        if (isMissing(group, now)) {
            synchronized (reader) {
                // Another task may have read it meanwhile.
                group = groups.get(name);
                if (isMissing(group, now)) {
                    group = read(lasting(name), reader);
                }
            }
        } else if (now - group.readAt >= lifeNanos / 2) {
            readAhead(name, group, now);
        }
        group.usedAt = now;
        return group;
    }

    private boolean isMissing(Group group, long now) {
        return group == null || !group.isLeftOut && now - group.readAt >= lifeNanos;
    }

    /** Read a group again while what is known of it still answers. */
    private void readAhead(LookupKey name, Group group, long now) {
        long pause = group.isLeftOut ? LIVES_LEFT_OUT * lifeNanos : lifeNanos / TRIES_IN_A_LIFE;
        if (now - group.triedAt < pause
                || !group.isBeingRead.compareAndSet(false, true)) {
            return;
        }
        group.triedAt = now;
        LookupKey lastingName = lasting(name);
        ahead.execute(
                () -> {
                    try {
                        read(lastingName, aheadReader);
                    } catch (IOException failure) {
                        // Tried again soon, and at the end of the group's life by the task.
                        LOG.warn("postgres-lookup cannot read ahead: {}", failure.getMessage());
                    } catch (InterruptedException released) {
                        // The thread ends.
                    } finally {
                        group.isBeingRead.set(false);
                    }
                });
    }

    private Group read(LookupKey name, LookupReader with)
            throws IOException, InterruptedException {
        long now = System.nanoTime();
        int most = settings.maxRows() / (groupInKey.length == 0 ? 1 : GROUPS_THAT_FIT);
        List<RowData> rows = with.read(settings.together(), name, most + 1);
        reads.inc();
        Group group;
        if (rows.size() > most) {
            LOG.info(
                    "postgres-lookup looks each key up alone: table={} rows_at_most={}",
                    settings.table(),
                    most);
            group = Group.leftOut(now);
        } else {
            group = new Group(byKey(rows), rows.size(), false, now);
        }
        groups.put(name, group);
        makeRoom(group, now);
        return group;
    }

    private Map<LookupKey, Collection<RowData>> byKey(List<RowData> rows) {
        Map<LookupKey, Collection<RowData>> byKey = HashMap.newHashMap(rows.size());
        for (RowData row : rows) {
            LookupKey values = LookupReader.values(row, key);
            Collection<RowData> before = byKey.putIfAbsent(values, List.of(row));
            if (before != null) {
                List<RowData> both = new ArrayList<>(before);
                both.add(row);
                byKey.put(values, both);
            }
        }
        return byKey;
    }

    private void makeRoom(Group newest, long now) {
        synchronized (groups) {
            groups.values().removeIf(group -> now - group.usedAt >= 2 * lifeNanos);
            while (rowsInGroups() > settings.maxRows()) {
                Map.Entry<LookupKey, Group> longestUnused =
                        groups.entrySet().stream()
                                .filter(entry -> entry.getValue() != newest)
                                .filter(entry -> !entry.getValue().isLeftOut)
                                .min(Comparator.comparingLong(e -> e.getValue().usedAt - now))
                                .orElseThrow();
                // It is not read again at once, or groups that do not fit would replace each other.
                groups.put(longestUnused.getKey(), Group.leftOut(now));
            }
        }
    }

    private Collection<RowData> single(LookupKey values)
            throws IOException, InterruptedException {
        Collection<RowData> known = knownSingle(values);
        if (known != null) {
            return known;
        }
        for (int i = 0; i < values.size(); i++) {
            if (hasNul(values.get(i))) {
                return List.of();
            }
        }
        synchronized (reader) {
            known = knownSingle(values);
            if (known != null) {
                return known;
            }
            long now = System.nanoTime();
            List<RowData> rows = reader.read(settings.key(), values, settings.maxRows());
            reads.inc();
            synchronized (singles) {
                singles.put(lasting(values), new Single(rows, now));
                Iterator<LookupKey> longestUnused = singles.keySet().iterator();
                while (singles.size() > settings.maxRows()) {
                    longestUnused.next();
                    longestUnused.remove();
                }
            }
            return rows;
        }
    }

    /** No text of PostgreSQL has this character, and it refuses a query with one. */
    private static boolean hasNul(Object value) {
        return value instanceof StringData text && text.toString().indexOf(0) >= 0;
    }

    private Collection<RowData> knownSingle(LookupKey values) {
        synchronized (singles) {
            Single known = singles.get(values);
            return known == null || System.nanoTime() - known.readAt >= lifeNanos
                    ? null
                    : known.rows;
        }
    }

    /** A copy of the values: Flink reuses the memory of a row. */
    private static LookupKey lasting(LookupKey values) {
        Object[] copies = new Object[values.size()];
        for (int i = 0; i < copies.length; i++) {
            copies[i] =
                    values.get(i) instanceof StringData text
                            ? StringData.fromBytes(text.toString().getBytes(StandardCharsets.UTF_8))
                            : values.get(i);
        }
        return new LookupKey(copies);
    }
}
