package swipestream.postgres;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** What PostgreSQL takes as text: UTF-8 without the character 0. */
final class PostgresText {
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final long LOW_BITS = 0x0101010101010101L;

    private PostgresText() {}

    /** The text itself if it can be stored, else with U+FFFD for what cannot. */
    static byte[] storable(byte[] text) {
        if (isPlain(text)) {
            return text;
        }
        return new String(text, StandardCharsets.UTF_8)
                .replace('\0', '\uFFFD')
                .getBytes(StandardCharsets.UTF_8);
    }

    /** Whether all bytes are ASCII and none is 0, eight at a time. */
    private static boolean isPlain(byte[] text) {
        int i = 0;
        for (; i + 8 <= text.length; i += 8) {
            long eight = (long) LONG.get(text, i);
            // The subtraction borrows from the high bit of a byte that is 0.
            if (((eight | (eight - LOW_BITS)) & HIGH_BITS) != 0) {
                return false;
            }
        }
        for (; i < text.length; i++) {
            if (text[i] <= 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * Whether a column for so many characters takes a text; surplus spaces at its end do not count.
     *
     * @param text UTF-8
     */
    static boolean fits(byte[] text, int characters) {
        int end = text.length;
        while (end > 0 && text[end - 1] == ' ') {
            end--;
        }
        int count = 0;
        for (int i = 0; i < end; i++) {
            // All but the first byte of a character are 10xxxxxx.
            if ((text[i] & 0xC0) != 0x80) {
                count++;
            }
        }
        return count <= characters;
    }
}
