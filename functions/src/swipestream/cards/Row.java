package swipestream.cards;

import java.util.BitSet;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Digits in groups, with gaps between them that a number may have. */
final class Row {
    private static final Rules RULES = Rules.KNOWN;
    private static final int LONGEST = 19;
    /** A longer row always counts as a number. */
    private static final int MOST_LOOKED_AT = 20_000;

    private final String plain;
    private final int from;
    private final int to;
    private final StringBuilder digits;
    private final int[] places;
    /** Where groups end, in digits. */
    private final BitSet ends = new BitSet();

    Row(String plain, int from, int to) {
        this.plain = plain;
        this.from = from;
        this.to = to;
        digits = new StringBuilder(to - from);
        places = new int[to - from];
        for (int at = from; at < to; at++) {
            char c = plain.charAt(at);
            if (CardNumbers.isDigit(c)) {
                places[digits.length()] = at;
                digits.append(c);
            } else {
                ends.set(digits.length());
            }
        }
        ends.set(digits.length());
    }

    /** Whether a number begins and ends with groups; zeros before it do not count. */
    boolean hasNumber() {
        if (to - from > MOST_LOOKED_AT) {
            return true;
        }
        for (int start = 0; start < digits.length(); ) {
            int end = ends.nextSetBit(start + 1);
            int first = afterZeros(start, end);
            if (first < end
                    && (hasNumberAt(start, first)
                            || end - first > LONGEST && areSideBySide(first, end, new BitSet()))) {
                return true;
            }
            start = end;
        }
        return false;
    }

    private int afterZeros(int at, int end) {
        int first = at;
        while (first < end && digits.charAt(first) == '0') {
            first++;
        }
        return first;
    }

    /**
     * @param start where the group begins: a day may begin with a zero
     */
    private boolean hasNumberAt(int start, int first) {
        int lengths = RULES.lengths(digits, first);
        for (int length = 0; lengths >> length != 0; length++) {
            int last = first + length;
            if ((lengths >> length & 1) == 1
                    && ends.get(last)
                    && CardNumbers.isLuhnValid(digits, first, last)
                    && !begins(RULES.dated, digits, start, last)
                    && !begins(RULES.datedGroup, plain, places[start], places[last - 1] + 1)) {
                return true;
            }
        }
        return false;
    }

    private static boolean begins(List<Pattern> patterns, CharSequence text, int from, int to) {
        for (Pattern pattern : patterns) {
            Matcher matcher = pattern.matcher(text).region(from, to);
            if (matcher.lookingAt()) {
                return true;
            }
        }
        return false;
    }

    /**
     * Whether the rest of the row is only numbers, with nothing but zeros between and after them.
     *
     * @param seen positions that were tried already
     */
    private boolean areSideBySide(int from, int end, BitSet seen) {
        int lengths = RULES.lengths(digits, from);
        for (int length = 0; lengths >> length != 0; length++) {
            int last = from + length;
            if ((lengths >> length & 1) == 1
                    && last <= end
                    && CardNumbers.isLuhnValid(digits, from, last)) {
                int next = afterZeros(last, end);
                if (next == end) {
                    return true;
                }
                if (!seen.get(next)) {
                    seen.set(next);
                    if (areSideBySide(next, end, seen)) {
                        return true;
                    }
                }
            }
        }
        return false;
    }
}
