package swipestream.windows;

import java.util.ArrayList;
import java.util.List;

/**
 * How far back each window reaches, for one row at a time: from an entry up to the row's own.
 *
 * <p>A frame is a range of time or a number of rows. Windows of the same reach share one.
 */
final class Frames {
    /**
     * How far a window reaches.
     *
     * @param isRows whether `reach` is a number of rows before the row's own, else milliseconds
     */
    record Frame(boolean isRows, long reach) {}

    private final List<Frame> frames = new ArrayList<>();

    /** By frame: its first entry. */
    private int[] from = new int[0];

    /** The number of a frame; equal frames share one. */
    int number(Frame frame) {
        if (!frames.contains(frame)) {
            frames.add(frame);
            from = new int[frames.size()];
        }
        return frames.indexOf(frame);
    }

    int size() {
        return frames.size();
    }

    int from(int frame) {
        return from[frame];
    }

    void setFrom(int frame, int entry) {
        from[frame] = entry;
    }

    /** Find each frame of an entry. */
    void place(Ledger ledger, int at) {
        for (int f = 0; f < from.length; f++) {
            from[f] = first(f, ledger, ledger.first(), at);
        }
    }

    /** The first entry of a frame, searched from a given entry on. */
    int first(int frame, Ledger ledger, int least, int at) {
        Frame f = frames.get(frame);
        if (f.isRows) {
            return (int) Math.max(least, at - f.reach);
        }
        return ledger.firstSince(before(ledger.time(at), f.reach), least, at);
    }

    /** A time so many milliseconds earlier, or the earliest possible one. */
    static long before(long time, long milliseconds) {
        long earlier = time - milliseconds;
        return earlier > time ? Long.MIN_VALUE : earlier;
    }

    /** What the frames are, for the fingerprint of running values. */
    @Override
    public String toString() {
        return frames.toString();
    }
}
