package swipestream.windows;

import java.util.Arrays;

/**
 * Counts, and sums of whole numbers, exact in 128 bits. From one row in order to the next they
 * change by what enters and what leaves.
 */
final class Tallies extends Passes {
    static final int BYTES = 20;

    private int[] count = new int[0];
    private long[] high = new long[0];
    private long[] low = new long[0];

    private int countNow;
    private long highNow;
    private long lowNow;

    Tallies(Frames frames) {
        super(frames);
    }

    @Override
    protected void allot(int slots) {
        count = Arrays.copyOf(count, slots);
        high = Arrays.copyOf(high, slots);
        low = Arrays.copyOf(low, slots);
    }

    @Override
    protected void begin() {
        countNow = 0;
        highNow = 0;
        lowNow = 0;
    }

    @Override
    protected void add(int s, Ledger ledger, int from, int to) {
        Series series = this.series.get(s);
        boolean isSum = isSum(series);
        for (int i = to; i >= from; i--) {
            if (ledger.counts(series, i)) {
                countNow++;
                if (isSum) {
                    long value = ledger.bits(series.column(), i);
                    lowNow += value;
                    highNow += (value >> 63) + carry(lowNow, value);
                }
            }
        }
    }

    @Override
    protected void end(int slot) {
        count[slot] = countNow;
        high[slot] = highNow;
        low[slot] = lowNow;
    }

    /** An entry enters every frame. */
    void enter(Ledger ledger, int at) {
        for (int s = 0; s < series.size(); s++) {
            begin();
            add(s, ledger, at, at);
            if (countNow > 0) {
                for (int slot : slotsOf.get(s)) {
                    count[slot]++;
                    low[slot] += lowNow;
                    high[slot] += highNow + carry(low[slot], lowNow);
                }
            }
        }
    }

    /** Entries from one up to before another leave a frame. */
    void leave(Ledger ledger, int frame, int from, int to) {
        for (int s = 0; s < series.size(); s++) {
            for (int slot : slotsOf.get(s)) {
                if (frameOf[slot] == frame) {
                    begin();
                    add(s, ledger, from, to - 1);
                    count[slot] -= countNow;
                    high[slot] -= highNow + (Long.compareUnsigned(low[slot], lowNow) < 0 ? 1 : 0);
                    low[slot] -= lowNow;
                }
            }
        }
    }

    /** The carry of an unsigned addition, from its result and an operand. */
    private static int carry(long sum, long added) {
        return Long.compareUnsigned(sum, added) < 0 ? 1 : 0;
    }

    private static boolean isSum(Series series) {
        return series.column() != null && series.column().kind == Kind.WHOLE;
    }

    int count(int slot) {
        return count[slot];
    }

    /** Whether the sum is a BIGINT. */
    boolean isLong(int slot) {
        return high[slot] == low[slot] >> 63;
    }

    long sum(int slot) {
        return low[slot];
    }

    double sumAsDouble(int slot) {
        return isLong(slot)
                ? low[slot]
                : high[slot] * 0x1p64 + (low[slot] >>> 1) * 2.0 + (low[slot] & 1);
    }

    int size() {
        return count.length;
    }

    void read(Ledger ledger, int offset) {
        for (int slot = 0; slot < count.length; slot++) {
            int at = offset + slot * BYTES;
            count[slot] = ledger.runningInt(at);
            high[slot] = ledger.runningLong(at + 4);
            low[slot] = ledger.runningLong(at + 12);
        }
    }

    void write(Ledger ledger, int offset) {
        for (int slot = 0; slot < count.length; slot++) {
            int at = offset + slot * BYTES;
            ledger.putRunningInt(at, count[slot]);
            ledger.putRunningLong(at + 4, high[slot]);
            ledger.putRunningLong(at + 12, low[slot]);
        }
    }
}
