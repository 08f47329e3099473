package swipestream.json;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;

/** JSON of all kinds, in every notation; and bytes that are nearly JSON. */
final class RandomMessages {
    private static final String[] SPACES = {"", "", "", " ", "\n", "\t", "\r\n  "};
    private static final String[] TEXTS = {
        "", "a", "EUR", "700", "-0", "12.0", "1e3", "12.7", " 7", "07", "+7", "0x7", "NaN", "null",
        "true", "9223372036854775807", "9223372036854775808", "52.520008", "1e999", "é", "漢字",
        "😀", "\u0000", "\u001f", "\"", "\\", "/", "\b\f\n\r\t", "\ufffd", "\ufeff", "\u2028",
        "\u007f"
    };
    private static final String[] NUMBERS = {
        "0", "-0", "0.0", "0e5", "0e99999999999", "0.0e-99999999999", "1", "-1", "12.0", "12.7",
        "1e3", "1E+3", "10e-1", "100.50e1", "1.50e1", "15e-1", "1e-400", "1e309", "1e999999999",
        "1e99999999999", "1e-99999999999", "999999999999999999", "1000000000000000000",
        "9223372036854775807", "9223372036854775808", "-9223372036854775808",
        "-9223372036854775809", "922337203685477580.7e1", "9223372036854775807000e-3",
        "0.000000000000000000000000001e27", "52.520008", "-13.404954", "0.1", "123456789012345678",
        "4.35", "2.2250738585072011e-308", "1.7976931348623157e308", "1.7976931348623159e308",
        "9007199254740993", "90071992547409.93", "0.30000000000000004", "5e-324", "2e-324"
    };
    /** Bytes with a meaning in JSON, in UTF-8 or to programs that guess encodings. */
    private static final int[] BYTES = {
        '{', '}', '[', ']', ',', ':', '"', '\\', 'u', 'd', '8', '0', '-', '+', '.', 'e', 'E', ' ',
        'n', 't', 'f', 'a', '/', '\'', '\n', 0x00, 0x1f, 0x7f, 0x80, 0xbf, 0xc0, 0xc3, 0xe0, 0xed,
        0xa0, 0xef, 0xbb, 0xf0, 0x9f, 0xf4, 0x90, 0xf8, 0xfe, 0xff
    };

    private final Random random;
    private final List<String> names;

    RandomMessages(long seed, List<String> names) {
        this.random = new Random(seed);
        this.names = names;
    }

    /** A message that is JSON, mostly an object with some of the names. */
    byte[] json() {
        StringBuilder out = new StringBuilder();
        space(out);
        if (random.nextInt(20) == 0) {
            value(out, 3);
        } else {
            object(out, 3);
        }
        space(out);
        return out.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** One of those, damaged. */
    byte[] damaged() {
        byte[] message = json();
        for (int i = random.nextInt(3); i >= 0; i--) {
            message = damaged(message);
        }
        return message;
    }

    private byte[] damaged(byte[] message) {
        int from = random.nextInt(message.length + 1);
        int to = Math.min(message.length, from + random.nextInt(4));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(message, 0, from);
        switch (random.nextInt(5)) {
            // The end is cut off.
            case 0 -> to = message.length;
            // A part is cut out.
            case 1 -> {}
            // Something is inserted.
            case 2 -> {
                out.write(BYTES[random.nextInt(BYTES.length)]);
                to = from;
            }
            // A part is repeated.
            case 3 -> to = from - random.nextInt(from + 1);
            default -> out.write(BYTES[random.nextInt(BYTES.length)]);
        }
        out.write(message, to, message.length - to);
        return out.toByteArray();
    }

    private void object(StringBuilder out, int levels) {
        out.append('{');
        int count = random.nextInt(levels == 3 ? 10 : 4);
        for (int i = 0; i < count; i++) {
            if (i > 0) {
                out.append(',');
            }
            space(out);
            String name = names.get(random.nextInt(names.size()));
            text(out, random.nextInt(4) == 0 ? pick(TEXTS) : name);
            space(out);
            out.append(':');
            space(out);
            value(out, levels - 1);
            space(out);
        }
        space(out);
        out.append('}');
    }

    private void list(StringBuilder out, int levels) {
        out.append('[');
        int count = random.nextInt(4);
        for (int i = 0; i < count; i++) {
            if (i > 0) {
                out.append(',');
            }
            space(out);
            value(out, levels - 1);
            space(out);
        }
        space(out);
        out.append(']');
    }

    private void value(StringBuilder out, int levels) {
        int kind = random.nextInt(levels > 0 ? 12 : 10);
        if (kind < 4) {
            text(out, pick(TEXTS));
        } else if (kind < 8) {
            out.append(random.nextInt(3) == 0 ? number() : pick(NUMBERS));
        } else if (kind < 10) {
            out.append(pick("true", "false", "null"));
        } else if (kind == 10) {
            object(out, levels);
        } else {
            list(out, levels);
        }
    }

    private String number() {
        StringBuilder out = new StringBuilder(random.nextInt(3) == 0 ? "-" : "");
        out.append(random.nextInt(4) == 0 ? "0" : 1 + random.nextInt(9) + digits(0, 20));
        if (random.nextBoolean()) {
            out.append('.').append(digits(1, 20));
        }
        if (random.nextInt(3) == 0) {
            out.append(pick("e", "E")).append(pick("", "+", "-")).append(digits(1, 3));
        }
        return out.toString();
    }

    private String digits(int least, int most) {
        int count = least + random.nextInt(most - least + 1);
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < count; i++) {
            out.append(random.nextInt(3) == 0 ? 0 : random.nextInt(10));
        }
        return out.toString();
    }

    /** Each character as it is, or by one of its escapes. */
    private void text(StringBuilder out, String content) {
        boolean isPlain = random.nextBoolean();
        out.append('"');
        for (char c : content.toCharArray()) {
            int place = "\"\\/\b\f\n\r\t".indexOf(c);
            boolean mustBe = c < ' ' || c == '"' || c == '\\';
            boolean isEscaped = mustBe || (!isPlain && random.nextInt(3) == 0);
            if (!isEscaped) {
                out.append(c);
            } else if (place >= 0 && random.nextBoolean()) {
                out.append('\\').append("\"\\/bfnrt".charAt(place));
            } else {
                out.append(String.format(random.nextBoolean() ? "\\u%04x" : "\\u%04X", (int) c));
            }
        }
        out.append('"');
    }

    private void space(StringBuilder out) {
        out.append(pick(SPACES));
    }

    private String pick(String... choices) {
        return choices[random.nextInt(choices.length)];
    }
}
