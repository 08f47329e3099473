package swipestream.postgres;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.junit.jupiter.api.Test;

import java.util.Random;

/** Random bytes are cleaned as by a plain loop over the decoded characters. */
class PostgresTextTest {
    @Test
    void what_cannot_be_stored_becomes_a_replacement_character() {
        Random random = new Random(7);
        for (int i = 0; i < 100_000; i++) {
            byte[] text = new byte[random.nextInt(30)];
            for (int at = 0; at < text.length; at++) {
                // Mostly letters, so that there are runs of eight of them.
                text[at] = (byte) (random.nextInt(12) > 0 ? 'a' + at : random.nextInt(256));
            }
            assertArrayEquals(slowly(text), PostgresText.storable(text));
        }
    }

    private static byte[] slowly(byte[] text) {
        StringBuilder storable = new StringBuilder();
        for (char character : new String(text, UTF_8).toCharArray()) {
            storable.append(character == 0 ? '\uFFFD' : character);
        }
        return storable.toString().getBytes(UTF_8);
    }

    @Test
    void plain_text_is_not_copied() {
        byte[] text = "card-00000000000017".getBytes(UTF_8);
        assertSame(text, PostgresText.storable(text));
    }

    @Test
    void characters_are_counted_not_bytes() {
        assertEquals(true, PostgresText.fits("größe".getBytes(UTF_8), 5));
        assertEquals(false, PostgresText.fits("größen".getBytes(UTF_8), 5));
        assertEquals(true, PostgresText.fits("😀".getBytes(UTF_8), 1));
    }

    @Test
    void spaces_at_the_end_may_be_lost_as_the_standard_says() {
        assertEquals(true, PostgresText.fits("abc    ".getBytes(UTF_8), 3));
        assertEquals(false, PostgresText.fits(" abc".getBytes(UTF_8), 3));
    }
}
