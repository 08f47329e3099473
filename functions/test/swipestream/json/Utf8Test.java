package swipestream.json;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Java's decoder accepts the same bytes, and characters are encoded in the same way. */
class Utf8Test {
    /** Both ends of each range that UTF-8 distinguishes. */
    private static final int[] BYTES = {
        0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec,
        0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf8, 0xff
    };

    private final CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();

    @Test
    void up_to_four_bytes_are_text_if_java_says_so() {
        compare(new byte[4], 0);
    }

    private void compare(byte[] bytes, int length) {
        byte[] text = Arrays.copyOf(bytes, length);
        assertEquals(isText(text), Utf8.isValid(text), () -> Arrays.toString(text));
        if (length == bytes.length) {
            return;
        }
        for (int value : BYTES) {
            bytes[length] = (byte) value;
            compare(bytes, length + 1);
        }
    }

    private boolean isText(byte[] bytes) {
        try {
            decoder.decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    @Test
    void every_character_becomes_javas_bytes() {
        byte[] text = new byte[4];
        for (int point = 0; point <= Character.MAX_CODE_POINT; point++) {
            if (point < Character.MIN_SURROGATE || point > Character.MAX_SURROGATE) {
                byte[] expected = Character.toString(point).getBytes(StandardCharsets.UTF_8);
                int length = Utf8.put(point, text, 0);
                assertArrayEquals(expected, Arrays.copyOf(text, length));
                assertTrue(Utf8.isValid(expected));
            }
        }
    }
}
