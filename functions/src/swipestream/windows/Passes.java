package swipestream.windows;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Values of series over frames, where one pass over a series serves all its frames: they end at the
 * same entry, so the value of a shorter frame is an intermediate result of the next longer one.
 *
 * <p>The value of one series over one frame is a slot.
 */
abstract class Passes {
    protected final Frames frames;
    protected final List<Series> series = new ArrayList<>();

    /** By series: its slots. */
    protected final List<int[]> slotsOf = new ArrayList<>();

    private final List<Integer> seriesOfSlots = new ArrayList<>();
    private final List<Integer> frameOfSlots = new ArrayList<>();

    /** By slot: its frame. */
    protected int[] frameOf = new int[0];

    Passes(Frames frames) {
        this.frames = frames;
    }

    /** The slot of a series over a frame; equal ones share a slot. */
    int slot(Series wanted, int frame) {
        int s = series.indexOf(wanted);
        if (s < 0) {
            s = series.size();
            series.add(wanted);
            slotsOf.add(new int[0]);
        }
        for (int slot : slotsOf.get(s)) {
            if (frameOf[slot] == frame) {
                return slot;
            }
        }
        int slot = frameOf.length;
        seriesOfSlots.add(s);
        frameOfSlots.add(frame);
        frameOf = frameOfSlots.stream().mapToInt(Integer::intValue).toArray();
        int number = s;
        slotsOf.set(
                s,
                IntStream.rangeClosed(0, slot)
                        .filter(i -> seriesOfSlots.get(i) == number)
                        .toArray());
        allot(frameOf.length);
        return slot;
    }

    /** Make room for the values of so many slots. */
    protected abstract void allot(int slots);

    /** One pass over each series, from an entry back. */
    final void pass(Ledger ledger, int at) {
        for (int s = 0; s < series.size(); s++) {
            pass(s, ledger, at);
        }
    }

    protected final void pass(int s, Ledger ledger, int at) {
        int[] slots = slotsOf.get(s);
        sortNearestFirst(slots);
        begin();
        int next = at;
        for (int slot : slots) {
            int from = frames.from(frameOf[slot]);
            if (from <= next) {
                add(s, ledger, from, next);
                next = from - 1;
            }
            end(slot);
        }
    }

    /** Insertion sort, because the order rarely changes from row to row. */
    private void sortNearestFirst(int[] slots) {
        for (int i = 1; i < slots.length; i++) {
            int slot = slots[i];
            int from = frames.from(frameOf[slot]);
            int k = i;
            for (; k > 0 && frames.from(frameOf[slots[k - 1]]) < from; k--) {
                slots[k] = slots[k - 1];
            }
            slots[k] = slot;
        }
    }

    /** Start an empty pass. */
    protected abstract void begin();

    /** Add entries, the last one first. */
    protected abstract void add(int s, Ledger ledger, int from, int to);

    /** Store what was added so far as a slot's value. */
    protected abstract void end(int slot);

    /** What the slots are, for the fingerprint of running values. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (int slot = 0; slot < frameOf.length; slot++) {
            Series of = series.get(seriesOfSlots.get(slot));
            text.append(of).append(" over ").append(frameOf[slot]).append("; ");
        }
        return text.toString();
    }
}
