package swipestream.json;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonToken;

/** A message's fields, read the slow way: Java's decoder, Jackson's parser, BigDecimal. */
final class SlowReading {
    private static final JsonFactory FACTORY = new JsonFactory();

    private SlowReading() {}

    /** As {@link MessageReader} gives it: the problem, then the fields, text as String. */
    static Object[] read(byte[] message, Fields fields) throws IOException {
        Object[] row = new Object[fields.size() + 1];
        row[0] = problem(message, fields, row);
        boolean isWhole =
                row[0] == null
                        || row[0].toString().endsWith(MessageReader.STRUCTURED)
                        || row[0].toString().endsWith(MessageReader.NO_NUMBER);
        if (!isWhole) {
            Arrays.fill(row, 1, row.length, null);
        }
        return row;
    }

    private static String problem(byte[] message, Fields fields, Object[] row) throws IOException {
        if (message.length == 0) {
            return MessageReader.EMPTY;
        }
        String text;
        try {
            text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(message)).toString();
        } catch (CharacterCodingException e) {
            return MessageReader.NOT_UTF8;
        }
        String[] wrong = new String[fields.size()];
        try (JsonParser parser = FACTORY.createParser(text)) {
            JsonToken first = parser.nextToken();
            if (first == null) {
                return MessageReader.NOT_JSON;
            }
            if (first != JsonToken.START_OBJECT) {
                check(parser, first.isScalarValue());
                goThrough(parser);
                if (parser.nextToken() != null) {
                    return MessageReader.NOT_JSON;
                }
                boolean isList = first == JsonToken.START_ARRAY;
                return isList ? MessageReader.LIST : MessageReader.NOT_OBJECT;
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                check(parser, true);
                int field = fields.names.indexOf(parser.currentName());
                parser.nextToken();
                check(parser, parser.currentToken().isScalarValue());
                if (field >= 0) {
                    Fields.Type type = fields.types.get(field);
                    row[field + 1] = value(parser, type);
                    boolean isNumber = row[field + 1] != null || type != Fields.Type.DOUBLE;
                    boolean isNull = parser.currentToken() == JsonToken.VALUE_NULL;
                    wrong[field] =
                            parser.currentToken().isStructStart()
                                    ? MessageReader.STRUCTURED
                                    : isNumber || isNull ? null : MessageReader.NO_NUMBER;
                }
                goThrough(parser);
            }
            try {
                if (parser.nextToken() != null) {
                    return MessageReader.GOES_ON;
                }
            } catch (JsonProcessingException e) {
                return MessageReader.GOES_ON;
            }
        } catch (JsonProcessingException e) {
            return MessageReader.NOT_JSON;
        }
        for (int i = 0; i < wrong.length; i++) {
            if (wrong[i] != null) {
                return fields.names.get(i) + wrong[i];
            }
        }
        return null;
    }

    /** To the end of a list or object. */
    private static void goThrough(JsonParser parser) throws IOException {
        int level = 0;
        JsonToken token = parser.currentToken();
        while (true) {
            level += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
            if (level == 0) {
                return;
            }
            token = parser.nextToken();
            check(parser, token == JsonToken.FIELD_NAME || token.isScalarValue());
        }
    }

    /** Jackson lets halves of surrogate pairs pass. */
    private static void check(JsonParser parser, boolean hasText) throws IOException {
        if (hasText && !StandardCharsets.UTF_8.newEncoder().canEncode(parser.getText())) {
            throw new JsonProcessingException("half of a character") {};
        }
    }

    private static Object value(JsonParser parser, Fields.Type type) throws IOException {
        JsonToken token = parser.currentToken();
        if (token.isStructStart() || token == JsonToken.VALUE_NULL) {
            return null;
        }
        String text = parser.getText();
        if (type == Fields.Type.STRING) {
            return text;
        }
        boolean isNumber = token == JsonToken.VALUE_STRING ? isNumber(text) : token.isNumeric();
        if (!isNumber) {
            return null;
        }
        if (type == Fields.Type.DOUBLE) {
            double value = Double.parseDouble(text);
            return Double.isInfinite(value) ? null : value;
        }
        return wholeNumber(text);
    }

    private static Long wholeNumber(String text) {
        long nearest = text.startsWith("-") ? Long.MIN_VALUE : Long.MAX_VALUE;
        BigDecimal value;
        try {
            value = new BigDecimal(text).stripTrailingZeros();
        } catch (NumberFormatException e) {
            // The exponent is beyond an int.
            boolean isZero = text.matches("-?0(\\.0*)?[eE].*");
            return isZero ? Long.valueOf(0) : text.matches(".*[eE]-.*") ? null : Long.valueOf(nearest);
        }
        if (value.scale() > 0) {
            return null;
        }
        // So large that to write it out would take all memory.
        if (value.scale() < -1000 || value.precision() - value.scale() > 19) {
            return value.signum() == 0 ? 0L : nearest;
        }
        return value.toBigInteger().bitLength() > 63 ? nearest : value.longValueExact();
    }

    static boolean isNumber(String text) {
        int digits = text.replaceAll("[^0-9]", "").length();
        return text.matches("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?")
                && digits <= Numbers.MOST_DIGITS;
    }
}
