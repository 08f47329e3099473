package swipestream.windows;

/**
 * The windows of a key's newest entry, so that those of the next one need no scan.
 *
 * <p>At the end of the ledger, little endian:
 *
 * <pre>
 *   4 a frame      its first entry, counted from the first that is kept
 *   20 a tally     count (4), sum (16: the high half first)
 *   4 a distinct count
 * </pre>
 *
 * <p>They are void after a row out of order, or if they belong to other outputs: then the next row
 * in order takes one pass. RandomRowsTest compares rows with and without them with plain lists.
 */
final class Running {
    private final Frames frames;
    private final Tallies tallies;
    private final DistinctCounts distincts;

    /** Of the running values, in the order of their bytes; never 0. */
    private final long fingerprint;

    /** Called when all slots are known. */
    Running(Frames frames, Tallies tallies, DistinctCounts distincts) {
        this.frames = frames;
        this.tallies = tallies;
        this.distincts = distincts;
        String text = frames + " " + tallies + " " + distincts;
        fingerprint = Fingerprint.of(text) | 1;
    }

    int bytes() {
        return 4 * frames.size()
                + Tallies.BYTES * tallies.size()
                + DistinctCounts.BYTES * distincts.size();
    }

    /**
     * The values for a new entry after all others.
     *
     * @param first the first entry that is kept from now on
     */
    void advance(Ledger ledger, int at, int first) {
        if (!ledger.hasRunning(fingerprint)) {
            ledger.leaveBefore(first);
            passes(ledger, at);
            return;
        }
        read(ledger);
        for (int f = 0; f < frames.size(); f++) {
            int least = Math.max(first, frames.from(f));
            leave(ledger, f, frames.first(f, ledger, least, at), at - 1);
        }
        ledger.leaveBefore(first);
        tallies.enter(ledger, at);
        distincts.enter(ledger, at);
        distincts.settle(ledger, at);
    }

    /** The values for an entry anywhere. */
    void passes(Ledger ledger, int at) {
        frames.place(ledger, at);
        tallies.pass(ledger, at);
        distincts.pass(ledger, at);
    }

    /** Subtract what leaves the ledger from the newest entry's values, and drop it. */
    void leave(Ledger ledger, int first) {
        int last = ledger.end() - 1;
        for (int f = 0; f < frames.size(); f++) {
            leave(ledger, f, Math.max(first, frames.from(f)), last);
        }
        ledger.leaveBefore(first);
        distincts.settle(ledger, last);
    }

    private void leave(Ledger ledger, int frame, int to, int last) {
        int from = frames.from(frame);
        if (from < to) {
            tallies.leave(ledger, frame, from, to);
            distincts.leave(ledger, frame, from, to, last);
            frames.setFrom(frame, to);
        }
    }

    private void read(Ledger ledger) {
        for (int f = 0; f < frames.size(); f++) {
            frames.setFrom(f, ledger.first() + ledger.runningInt(4 * f));
        }
        tallies.read(ledger, 4 * frames.size());
        distincts.read(ledger, 4 * frames.size() + Tallies.BYTES * tallies.size());
    }

    /** Keep the values, which are those of the newest entry. */
    void write(Ledger ledger) {
        for (int f = 0; f < frames.size(); f++) {
            ledger.putRunningInt(4 * f, frames.from(f) - ledger.first());
        }
        tallies.write(ledger, 4 * frames.size());
        distincts.write(ledger, 4 * frames.size() + Tallies.BYTES * tallies.size());
        ledger.setRunning(fingerprint);
    }
}
