package swipestream.cards;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whether a text holds what could be a payment card's number: first digits, length and check digit
 * match, in one piece or in groups, and no other digits adjoin. card_numbers.rules has the rule;
 * swipestream/card_numbers does the same in Python.
 *
 * <p>Nearly all texts have no row of 13 digits, which one pass over their bytes shows. Only the
 * others are searched for patterns.
 */
final class CardNumbers {
    private static final int SHORTEST = 13;
    private static final int LONGEST = 19;
    private static final Rules RULES = Rules.KNOWN;

    private CardNumbers() {}

    /** False if a text of these bytes cannot hold one. */
    static boolean mayBeIn(byte[] text) {
        int digits = 0;
        for (byte b : text) {
            if (b < 0) {
                return true;
            }
            if (b >= '0' && b <= '9') {
                if (++digits == SHORTEST) {
                    return true;
                }
            } else if (isLetter((char) b)) {
                digits = 0;
            }
        }
        return false;
    }

    static boolean areIn(String text) {
        String plain = folded(text);
        if (!hasRow(plain)) {
            return false;
        }
        if (hasTrack2(plain) || hasExponent(plain)) {
            return true;
        }
        for (Pattern pattern : RULES.skip) {
            plain = pattern.matcher(plain).replaceAll(found -> "x".repeat(found.end() - found.start()));
        }
        for (int at = 0; at < plain.length(); at++) {
            if (isDigit(plain.charAt(at))) {
                int end = endOfRow(plain, at);
                if (new Row(plain, at, end).hasNumber()) {
                    return true;
                }
                at = end;
            }
        }
        return false;
    }

    /** Digits of all scripts as ASCII, other letters and numbers as x, all else as spaces. */
    private static String folded(String text) {
        StringBuilder plain = null;
        for (int at = 0, point; at < text.length(); at += Character.charCount(point)) {
            point = text.codePointAt(at);
            if (plain == null && point >= 128) {
                plain = new StringBuilder(text.length()).append(text, 0, at);
            }
            if (plain != null) {
                plain.append(point < 128 ? (char) point : folded(point));
            }
        }
        return plain == null ? text : plain.toString();
    }

    private static char folded(int point) {
        return switch (Character.getType(point)) {
            case Character.DECIMAL_DIGIT_NUMBER -> (char) ('0' + Character.digit(point, 10));
            case Character.UPPERCASE_LETTER,
                    Character.LOWERCASE_LETTER,
                    Character.TITLECASE_LETTER,
                    Character.MODIFIER_LETTER,
                    Character.OTHER_LETTER,
                    Character.LETTER_NUMBER,
                    Character.OTHER_NUMBER -> 'x';
            default -> ' ';
        };
    }

    private static boolean hasRow(String plain) {
        int digits = 0;
        int gap = 0;
        for (int at = 0; at < plain.length(); at++) {
            char c = plain.charAt(at);
            if (isDigit(c)) {
                digits = gap > RULES.gap ? 1 : digits + 1;
                gap = 0;
                if (digits == SHORTEST) {
                    return true;
                }
            } else if (isLetter(c)) {
                digits = 0;
            } else {
                gap++;
            }
        }
        return false;
    }

    /** The position after the last digit of the row that begins here. */
    private static int endOfRow(String plain, int from) {
        int end = from + 1;
        for (int at = end; at < plain.length() && at - end <= RULES.gap; at++) {
            char c = plain.charAt(at);
            if (isDigit(c)) {
                end = at + 1;
            } else if (isLetter(c)) {
                break;
            }
        }
        return end;
    }

    private static boolean hasTrack2(String plain) {
        for (Pattern pattern : RULES.track2) {
            Matcher matcher = pattern.matcher(plain);
            while (matcher.find()) {
                int end = matcher.end(1);
                int from = Math.max(matcher.start(1), end - LONGEST);
                for (; end - from >= SHORTEST; from++) {
                    if (isNumber(plain, from, end)) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    private static boolean hasExponent(String plain) {
        for (Pattern pattern : RULES.exponent) {
            Matcher matcher = pattern.matcher(plain);
            while (matcher.find()) {
                String digits = matcher.group(1) + matcher.group(2);
                int missing = Integer.parseInt(matcher.group(3)) + 1 - digits.length();
                if (missing >= 0) {
                    digits += "0".repeat(missing);
                    if (isNumber(digits, 0, digits.length())) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    /** Whether these digits are a number: first digits, length and check digit. */
    static boolean isNumber(CharSequence digits, int from, int to) {
        return (RULES.lengths(digits, from) >> to - from & 1) == 1 && isLuhnValid(digits, from, to);
    }

    /** ISO/IEC 7812-1, annex B. */
    static boolean isLuhnValid(CharSequence digits, int from, int to) {
        int sum = 0;
        boolean isDoubled = false;
        for (int i = to - 1; i >= from; i--) {
            int digit = digits.charAt(i) - '0';
            if (isDoubled) {
                digit = digit < 5 ? 2 * digit : 2 * digit - 9;
            }
            sum += digit;
            isDoubled = !isDoubled;
        }
        return sum % 10 == 0;
    }

    static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isLetter(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
    }
}
