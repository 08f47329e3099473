package swipestream.json;

import java.nio.charset.StandardCharsets;

/** Numbers in JSON's notation, from the bytes of a message: exact, or none at all. */
final class Numbers {
    /** The most digits: whole part, fraction and exponent together. */
    static final int MOST_DIGITS = 1000;

    /** What a double holds exactly: whole numbers up to here, and powers of ten up to 10^22. */
    private static final long MOST_EXACT = 1L << 53;

    private static final double[] EXACT_POWERS = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
        1e17, 1e18, 1e19, 1e20, 1e21, 1e22
    };

    /** Fewer digits than these always fit into a long. */
    private static final int LONG_DIGITS = 19;

    /** Larger exponents are all alike: 1,000 digits cannot make up for them. */
    private static final int MOST_EXPONENT = 1_000_000;

    private Numbers() {}

    /**
     * @param from where a number should begin
     * @param end where the readable bytes end
     * @return where the number ends, or -1 if there is none
     */
    static int end(byte[] text, int from, int end) {
        int at = from;
        if (at < end && text[at] == '-') {
            at++;
        }
        int first = at;
        at = endOfDigits(text, at, end);
        if (at == first || (text[first] == '0' && at > first + 1)) {
            return -1;
        }
        int digits = at - first;
        if (at < end && text[at] == '.') {
            int fraction = ++at;
            at = endOfDigits(text, at, end);
            if (at == fraction) {
                return -1;
            }
            digits += at - fraction;
        }
        if (at < end && (text[at] | 0x20) == 'e') {
            at++;
            if (at < end && (text[at] == '+' || text[at] == '-')) {
                at++;
            }
            int exponent = at;
            at = endOfDigits(text, at, end);
            if (at == exponent) {
                return -1;
            }
            digits += at - exponent;
        }
        return digits > MOST_DIGITS ? -1 : at;
    }

    private static int endOfDigits(byte[] text, int from, int end) {
        int at = from;
        while (at < end && text[at] >= '0' && text[at] <= '9') {
            at++;
        }
        return at;
    }

    /**
     * The number that was found there if it is whole, else null. Beyond 64 bits it is the nearest
     * one that fits, so that a check of its range still fails.
     */
    static Long toLong(byte[] text, int from, int to) {
        boolean isNegative = text[from] == '-';
        int at = isNegative ? from + 1 : from;
        if (to - at < LONG_DIGITS) {
            long value = 0;
            int digit = at;
            while (digit < to && text[digit] >= '0' && text[digit] <= '9') {
                value = value * 10 + (text[digit++] - '0');
            }
            if (digit == to) {
                return isNegative ? -value : value;
            }
        }
        return toLongByDigits(text, at, to, isNegative);
    }

    /** The whole number, however it is written; zeros at both ends are left out. */
    private static Long toLongByDigits(byte[] text, int from, int to, boolean isNegative) {
        byte[] digits = new byte[to - from];
        int count = 0;
        int scale = 0;
        int at = from;
        boolean isFraction = false;
        for (; at < to && (text[at] | 0x20) != 'e'; at++) {
            if (text[at] == '.') {
                isFraction = true;
                continue;
            }
            if (count > 0 || text[at] != '0') {
                digits[count++] = (byte) (text[at] - '0');
            }
            if (isFraction) {
                scale--;
            }
        }
        if (count == 0) {
            return 0L;
        }
        scale += exponent(text, at, to);
        while (digits[count - 1] == 0) {
            count--;
            scale++;
        }
        if (scale < 0) {
            return null;
        }
        // The range is one larger below 0. A number that is too large ends within 20 rounds.
        long value = 0;
        for (int i = 0; i < count + scale; i++) {
            int digit = i < count ? digits[i] : 0;
            if (value < (Long.MIN_VALUE + digit) / 10) {
                return isNegative ? Long.MIN_VALUE : Long.MAX_VALUE;
            }
            value = value * 10 - digit;
        }
        if (!isNegative && value == Long.MIN_VALUE) {
            return Long.MAX_VALUE;
        }
        return isNegative ? value : -value;
    }

    private static int exponent(byte[] text, int from, int to) {
        if (from == to) {
            return 0;
        }
        int at = from + 1;
        boolean isNegative = text[at] == '-';
        if (isNegative || text[at] == '+') {
            at++;
        }
        int value = 0;
        for (; at < to && value < MOST_EXPONENT; at++) {
            value = value * 10 + (text[at] - '0');
        }
        return isNegative ? -value : value;
    }

    /** The double nearest to the number there, or null if it is beyond the largest double. */
    static Double toDouble(byte[] text, int from, int to) {
        boolean isNegative = text[from] == '-';
        long whole = 0;
        int scale = 0;
        boolean isFraction = false;
        int at = isNegative ? from + 1 : from;
        for (; at < to && whole < MOST_EXACT / 10; at++) {
            if (text[at] == '.') {
                isFraction = true;
                continue;
            }
            if ((text[at] | 0x20) == 'e') {
                break;
            }
            whole = whole * 10 + (text[at] - '0');
            if (isFraction) {
                scale++;
            }
        }
        // One division of two exact numbers is correctly rounded.
        if (at == to && scale < EXACT_POWERS.length) {
            double value = whole / EXACT_POWERS[scale];
            return isNegative ? -value : value;
        }
        String number = new String(text, from, to - from, StandardCharsets.US_ASCII);
        double value = Double.parseDouble(number);
        return Double.isInfinite(value) ? null : value;
    }
}
