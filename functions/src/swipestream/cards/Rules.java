package swipestream.cards;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** What card_numbers.rules says, read once. */
final class Rules {
    static final Rules KNOWN = new Rules(lines());

    private static final String FILE = "card_numbers.rules";
    private static final int FIRST_DIGITS = 4;

    final int gap;
    final List<Pattern> skip = new ArrayList<>();
    final List<Pattern> track2 = new ArrayList<>();
    final List<Pattern> exponent = new ArrayList<>();
    final List<Pattern> dated = new ArrayList<>();
    final List<Pattern> datedGroup = new ArrayList<>();

    /** By the first four digits, a bit for each length. */
    private final int[] lengths = new int[10_000];

    private Rules(List<String> lines) {
        int gap = 0;
        for (String line : lines) {
            String[] parts = line.split(" ", 2);
            String rest = parts.length > 1 ? parts[1].strip() : "";
            switch (parts[0]) {
                case "issuer" -> addIssuer(rest.split(" +"));
                case "gap" -> gap = Integer.parseInt(rest);
                case "skip" -> skip.add(Pattern.compile(rest.split(" ", 2)[1]));
                case "track2" -> track2.add(Pattern.compile(rest));
                case "exponent" -> exponent.add(Pattern.compile(rest));
                case "dated" -> dated.add(Pattern.compile(rest));
                case "dated_group" -> datedGroup.add(Pattern.compile(rest));
                case "", "#" -> {}
                default -> throw new IllegalStateException(FILE + ": what is " + line);
            }
        }
        this.gap = gap;
    }

    /** Network, first digits such as 4 or 51-55, lengths. */
    private void addIssuer(String[] words) {
        String[] first = words[1].split("-");
        String low = first[0];
        String high = first[first.length - 1];
        int unknown = FIRST_DIGITS - low.length();
        int bits = 0;
        for (int i = 2; i < words.length; i++) {
            bits |= 1 << Integer.parseInt(words[i]);
        }
        int to = Integer.parseInt(high + "9".repeat(unknown));
        for (int i = Integer.parseInt(low + "0".repeat(unknown)); i <= to; i++) {
            lengths[i] |= bits;
        }
    }

    /**
     * The lengths that a number beginning here may have: bit n is set if it may have n digits.
     *
     * @param digits ASCII
     */
    int lengths(CharSequence digits, int from) {
        if (from + FIRST_DIGITS > digits.length()) {
            return 0;
        }
        int first = 0;
        for (int i = from; i < from + FIRST_DIGITS; i++) {
            first = first * 10 + digits.charAt(i) - '0';
        }
        return lengths[first];
    }

    private static List<String> lines() {
        try (InputStream file = Rules.class.getResourceAsStream(FILE)) {
            return new BufferedReader(new InputStreamReader(file, StandardCharsets.UTF_8))
                    .lines()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
