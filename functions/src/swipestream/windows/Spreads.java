package swipestream.windows;

import java.util.Arrays;

/**
 * Smallest and largest values, sums of fractions, and standard deviations: one pass for each row.
 *
 * <p>They are added from the row backwards, so that the result depends only on the values and their
 * order, not on earlier states. Deviations use Welford's method, which avoids subtracting two large
 * sums. As in DuckDB, NaN is larger than all else, and 0.0 equals -0.0: of the two, the one nearer
 * to the row is returned.
 */
final class Spreads extends Passes {
    private int[] count = new int[0];
    private double[] sum = new double[0];
    private double[] squares = new double[0];
    private long[] least = new long[0];
    private long[] most = new long[0];

    /** By series: whether the deviation is needed; it costs a division per entry. */
    private boolean[] isSpread = new boolean[0];

    private int countNow;
    private double sumNow;

    /** Deviations are of distances from the nearest value, which are small numbers. */
    private long baseNow;

    private double meanNow;
    private double squaresNow;
    private long leastNow;
    private long mostNow;

    Spreads(Frames frames) {
        super(frames);
    }

    /**
     * @param isDeviation whether the deviation is wanted too
     */
    int slot(Series wanted, int frame, boolean isDeviation) {
        int slot = slot(wanted, frame);
        isSpread[series.indexOf(wanted)] |= isDeviation;
        return slot;
    }

    @Override
    protected void allot(int slots) {
        count = Arrays.copyOf(count, slots);
        sum = Arrays.copyOf(sum, slots);
        squares = Arrays.copyOf(squares, slots);
        least = Arrays.copyOf(least, slots);
        most = Arrays.copyOf(most, slots);
        isSpread = Arrays.copyOf(isSpread, series.size());
    }

    @Override
    protected void begin() {
        countNow = 0;
        sumNow = 0;
        meanNow = 0;
        squaresNow = 0;
    }

    @Override
    protected void add(int s, Ledger ledger, int from, int to) {
        Series series = this.series.get(s);
        Column column = series.column();
        boolean isReal = column.kind == Kind.REAL;
        boolean isDeviation = isSpread[s];
        for (int i = to; i >= from; i--) {
            if (!ledger.counts(series, i)) {
                continue;
            }
            long bits = ledger.bits(column, i);
            double value = isReal ? Double.longBitsToDouble(bits) : bits;
            countNow++;
            sumNow += value;
            if (isDeviation) {
                if (countNow == 1) {
                    baseNow = bits;
                }
                double distance =
                        isReal ? value - Double.longBitsToDouble(baseNow) : distance(bits, baseNow);
                double off = distance - meanNow;
                meanNow += off / countNow;
                squaresNow += off * (distance - meanNow);
            }
            if (countNow == 1 || compare(isReal, bits, leastNow) < 0) {
                leastNow = bits;
            }
            if (countNow == 1 || compare(isReal, bits, mostNow) > 0) {
                mostNow = bits;
            }
        }
    }

    /** Without rounding, where 64 bits hold it. */
    private static double distance(long value, long base) {
        long distance = value - base;
        boolean isTooFar = ((value ^ base) & (value ^ distance)) < 0;
        return isTooFar ? (double) value - base : distance;
    }

    private static int compare(boolean isReal, long bits, long other) {
        if (!isReal) {
            return Long.compare(bits, other);
        }
        double a = Double.longBitsToDouble(bits);
        double b = Double.longBitsToDouble(other);
        return a < b ? -1 : a > b ? 1 : Boolean.compare(Double.isNaN(a), Double.isNaN(b));
    }

    @Override
    protected void end(int slot) {
        count[slot] = countNow;
        sum[slot] = sumNow;
        squares[slot] = squaresNow;
        least[slot] = leastNow;
        most[slot] = mostNow;
    }

    int count(int slot) {
        return count[slot];
    }

    double sum(int slot) {
        return sum[slot];
    }

    /** Of a sample: at least two values. */
    double deviation(int slot) {
        return Math.sqrt(squares[slot] / (count[slot] - 1));
    }

    long least(int slot) {
        return least[slot];
    }

    long most(int slot) {
        return most[slot];
    }
}
