package swipestream.json;

import java.util.Arrays;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;

/**
 * Reads a JSON object's fields into a row, in one pass over its bytes.
 *
 * <p>The row's first column says what is wrong with the message, NULL if nothing is; the others are
 * the fields in the order of the list. Strict: RFC 8259 and nothing more, in UTF-8, at most {@value
 * #MOST_LEVELS} levels deep. Names are compared as bytes, the list's next name first, because most
 * messages keep the list's order. A text without escapes is a slice of the message and never
 * decoded here. A payment of 280 bytes takes Jackson's parser 2.0 microseconds of CPU with the
 * JVM's first compiler and 0.67 with its optimizing one; this reader takes 0.69 and 0.34.
 *
 * <p>MessageReaderTest compares it with Jackson's tree and BigDecimal on random messages.
 */
final class MessageReader {
    static final String EMPTY = "the message is empty";
    static final String NOT_UTF8 = "the message is not valid UTF-8";
    static final String NOT_JSON = "the message is not JSON";
    static final String NOT_OBJECT = "the message is JSON but not an object";
    static final String GOES_ON = "the message goes on after its JSON object";
    static final String LIST = "the message is a list: send one payment per message";
    static final String STRUCTURED = " is a list or an object";
    static final String NO_NUMBER = " is not a number";

    static final int MOST_LEVELS = 1000;

    private static final int UNKNOWN = -1;
    private static final NotJson FAILURE = new NotJson();

    private final Fields fields;
    private final byte[][] names;
    private final Fields.Type[] types;
    /** By level, from 1: an object, or a list. */
    private final boolean[] isObject = new boolean[MOST_LEVELS + 1];

    private byte[] text;
    private int at;
    private boolean isAscii;
    /** About the text that was read last. */
    private boolean isEscaped;

    MessageReader(Fields fields) {
        this.fields = fields;
        this.names = fields.encodedNames();
        this.types = fields.types.toArray(Fields.Type[]::new);
    }

    RowData read(byte[] message) {
        if (message == null || message.length == 0) {
            return failed(EMPTY);
        }
        text = message;
        at = 0;
        isAscii = true;
        RowData row = readRoot();
        text = null;
        return row;
    }

    private RowData readRoot() {
        String problem;
        try {
            skipSpace();
            byte first = current();
            if (first == '{') {
                RowData row = readObject();
                skipSpace();
                if (at == text.length && (isAscii || Utf8.isValid(text))) {
                    return row;
                }
                problem = GOES_ON;
            } else {
                skipValue(0);
                skipSpace();
                if (at < text.length) {
                    throw FAILURE;
                }
                problem = first == '[' ? LIST : NOT_OBJECT;
            }
        } catch (NotJson e) {
            problem = NOT_JSON;
        }
        return failed(Utf8.isValid(text) ? problem : NOT_UTF8);
    }

    private RowData failed(String problem) {
        GenericRowData row = new GenericRowData(names.length + 1);
        row.setField(0, StringData.fromString(problem));
        return row;
    }

    private RowData readObject() throws NotJson {
        GenericRowData row = new GenericRowData(names.length + 1);
        String[] wrong = null;
        int expected = 0;
        at++;
        skipSpace();
        if (current() == '}') {
            at++;
            return row;
        }
        while (true) {
            int field = readName(expected);
            skipColon();
            if (field == UNKNOWN) {
                skipValue(1);
            } else {
                String problem = readField(field, row);
                if (problem != null && wrong == null) {
                    wrong = new String[names.length];
                }
                if (wrong != null) {
                    wrong[field] = problem;
                }
                expected = field + 1;
            }
            skipSpace();
            byte behind = current();
            at++;
            if (behind == '}') {
                break;
            }
            if (behind != ',') {
                throw FAILURE;
            }
            skipSpace();
        }
        if (wrong != null) {
            row.setField(0, firstProblem(wrong));
        }
        return row;
    }

    /** The place of the name in the list of fields, or UNKNOWN. */
    private int readName(int expected) throws NotJson {
        int from = at + 1;
        if (expected < names.length && current() == '"') {
            byte[] name = names[expected];
            int to = from + name.length;
            if (to < text.length && text[to] == '"' && isAt(name, text, from)) {
                at = to + 1;
                return expected;
            }
        }
        skipText();
        if (isEscaped) {
            byte[] name = unescaped(from, at - 1);
            return place(name, 0, name.length);
        }
        return place(text, from, at - 1);
    }

    private int place(byte[] bytes, int from, int to) {
        for (int i = 0; i < names.length; i++) {
            if (names[i].length == to - from && isAt(names[i], bytes, from)) {
                return i;
            }
        }
        return UNKNOWN;
    }

    private static boolean isAt(byte[] name, byte[] bytes, int from) {
        for (int i = 0; i < name.length; i++) {
            if (bytes[from + i] != name[i]) {
                return false;
            }
        }
        return true;
    }

    /**
     * Sets the field's column; a later field of the same name replaces it.
     *
     * @return what is wrong with it, or null. A malformed BIGINT is just NULL, which queries check
     *     for. A malformed DOUBLE is a problem, because NULL may be a valid DOUBLE.
     */
    private String readField(int field, GenericRowData row) throws NotJson {
        int from = at;
        byte first = current();
        Object value = null;
        switch (first) {
            case '"' -> {
                skipText();
                if (isEscaped) {
                    byte[] content = unescaped(from + 1, at - 1);
                    value = ofText(types[field], content, 0, content.length);
                } else {
                    value = ofText(types[field], text, from + 1, at - 1);
                }
            }
            case '{', '[' -> {
                skipValue(1);
            }
            case 't', 'f', 'n' -> {
                skipWord();
                if (first != 'n' && types[field] == Fields.Type.STRING) {
                    value = StringData.fromBytes(text, from, at - from);
                }
            }
            default -> {
                skipNumber();
                value = ofNumber(types[field], text, from, at);
            }
        }
        row.setField(field + 1, value);
        if (first == '{' || first == '[') {
            return STRUCTURED;
        }
        return value == null && first != 'n' && types[field] == Fields.Type.DOUBLE ? NO_NUMBER : null;
    }

    private static Object ofText(Fields.Type type, byte[] bytes, int from, int to) {
        if (type == Fields.Type.STRING) {
            return StringData.fromBytes(bytes, from, to - from);
        }
        return Numbers.end(bytes, from, to) == to ? ofNumber(type, bytes, from, to) : null;
    }

    private static Object ofNumber(Fields.Type type, byte[] bytes, int from, int to) {
        return switch (type) {
            case STRING -> StringData.fromBytes(bytes, from, to - from);
            case BIGINT -> Numbers.toLong(bytes, from, to);
            case DOUBLE -> Numbers.toDouble(bytes, from, to);
        };
    }

    /** The problem of the list's first such field; a later scalar of the same name removes it. */
    private StringData firstProblem(String[] wrong) {
        for (int i = 0; i < wrong.length; i++) {
            if (wrong[i] != null) {
                return StringData.fromString(fields.names.get(i) + wrong[i]);
            }
        }
        return null;
    }

    /**
     * Goes past a value of any kind, without recursion.
     *
     * @param open how many levels deep it is
     */
    private void skipValue(int open) throws NotJson {
        int level = open;
        while (true) {
            byte first = current();
            boolean isOpened = false;
            if (first == '{' || first == '[') {
                if (++level > MOST_LEVELS) {
                    throw FAILURE;
                }
                isObject[level] = first == '{';
                at++;
                skipSpace();
                isOpened = current() != closing(level);
            } else {
                skipScalar(first);
            }
            while (!isOpened) {
                if (level == open) {
                    return;
                }
                skipSpace();
                if (current() == closing(level)) {
                    level--;
                } else if (current() == ',') {
                    isOpened = true;
                } else {
                    throw FAILURE;
                }
                at++;
            }
            skipSpace();
            if (isObject[level]) {
                skipText();
                skipColon();
            }
        }
    }

    private byte closing(int level) {
        return (byte) (isObject[level] ? '}' : ']');
    }

    private void skipScalar(byte first) throws NotJson {
        switch (first) {
            case '"' -> skipText();
            case 't', 'f', 'n' -> skipWord();
            default -> skipNumber();
        }
    }

    private void skipNumber() throws NotJson {
        int end = Numbers.end(text, at, text.length);
        if (end < 0) {
            throw FAILURE;
        }
        at = end;
    }

    private void skipWord() throws NotJson {
        String word =
                switch (text[at]) {
                    case 't' -> "true";
                    case 'f' -> "false";
                    default -> "null";
                };
        for (int i = 0; i < word.length(); i++) {
            if (current() != word.charAt(i)) {
                throw FAILURE;
            }
            at++;
        }
    }

    /** From the quote that opens it past the one that closes it. */
    private void skipText() throws NotJson {
        if (current() != '"') {
            throw FAILURE;
        }
        isEscaped = false;
        int place = at + 1;
        while (place < text.length) {
            byte c = text[place++];
            if (c == '"') {
                at = place;
                return;
            }
            if (c == '\\') {
                isEscaped = true;
                place = endOfEscape(place);
            } else if (c < 0) {
                isAscii = false;
            } else if (c < ' ') {
                throw FAILURE;
            }
        }
        throw FAILURE;
    }

    /**
     * @param place after the backslash
     * @return where the escape ends; of a surrogate pair, the second one
     * @throws NotJson there is no such escape, or it is half of a character
     */
    private int endOfEscape(int place) throws NotJson {
        if (place >= text.length) {
            throw FAILURE;
        }
        switch (text[place]) {
            case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> {
                return place + 1;
            }
            case 'u' -> {
                char unit = unit(place + 1);
                if (!Character.isSurrogate(unit)) {
                    return place + 5;
                }
                int second = place + 5;
                boolean isPair =
                        Character.isHighSurrogate(unit)
                                && second + 1 < text.length
                                && text[second] == '\\'
                                && text[second + 1] == 'u'
                                && Character.isLowSurrogate(unit(second + 2));
                if (!isPair) {
                    throw FAILURE;
                }
                return second + 6;
            }
            default -> throw FAILURE;
        }
    }

    /** Four hexadecimal digits. */
    private char unit(int from) throws NotJson {
        if (from + 4 > text.length) {
            throw FAILURE;
        }
        int unit = 0;
        for (int i = from; i < from + 4; i++) {
            int digit = Character.digit(text[i], 16);
            if (digit < 0) {
                throw FAILURE;
            }
            unit = unit << 4 | digit;
        }
        return (char) unit;
    }

    /** A text's content without its escapes, which were checked before. */
    private byte[] unescaped(int from, int to) throws NotJson {
        // An escape is never shorter than what it stands for.
        byte[] content = new byte[to - from];
        int length = 0;
        int place = from;
        while (place < to) {
            byte c = text[place++];
            if (c != '\\') {
                content[length++] = c;
                continue;
            }
            byte kind = text[place++];
            if (kind != 'u') {
                content[length++] = (byte) character(kind);
                continue;
            }
            int point = unit(place);
            place += 4;
            if (Character.isHighSurrogate((char) point)) {
                point = Character.toCodePoint((char) point, unit(place + 2));
                place += 6;
            }
            length = Utf8.put(point, content, length);
        }
        return Arrays.copyOf(content, length);
    }

    private static char character(byte kind) {
        return switch (kind) {
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            default -> (char) kind;
        };
    }

    private void skipColon() throws NotJson {
        skipSpace();
        if (current() != ':') {
            throw FAILURE;
        }
        at++;
        skipSpace();
    }

    private void skipSpace() {
        while (at < text.length) {
            byte c = text[at];
            if (c > ' ' || (c != ' ' && c != '\n' && c != '\r' && c != '\t')) {
                return;
            }
            at++;
        }
    }

    private byte current() throws NotJson {
        if (at >= text.length) {
            throw FAILURE;
        }
        return text[at];
    }

    /** Has no stack trace, which would cost more than reading the message. */
    private static final class NotJson extends Exception {
        private static final long serialVersionUID = 1L;

        NotJson() {
            super(null, null, false, false);
        }
    }
}
