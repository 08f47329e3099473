package swipestream.json;

/** Whether bytes are valid UTF-8: each character in its shortest form, no lone surrogates. */
final class Utf8 {
    private Utf8() {}

    static boolean isValid(byte[] text) {
        int at = 0;
        while (at < text.length) {
            int length = lengthAt(text, at);
            if (length == 0) {
                return false;
            }
            at += length;
        }
        return true;
    }

    /** The length in bytes of the character that begins there, 0 if none does. */
    private static int lengthAt(byte[] text, int at) {
        int first = text[at];
        if (first >= 0) {
            return 1;
        }
        first &= 0xFF;
        int length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
        // C0 and C1 would be a longer form of ASCII, F5 and above lie beyond Unicode.
        if (first < 0xC2 || first > 0xF4 || at + length > text.length) {
            return 0;
        }
        for (int i = 1; i < length; i++) {
            if ((text[at + i] & 0xC0) != 0x80) {
                return 0;
            }
        }
        int second = text[at + 1] & 0xFF;
        boolean isWrong =
                switch (first) {
                    case 0xE0 -> second < 0xA0;
                    case 0xED -> second > 0x9F;
                    case 0xF0 -> second < 0x90;
                    case 0xF4 -> second > 0x8F;
                    default -> false;
                };
        return isWrong ? 0 : length;
    }

    /**
     * Appends a character.
     *
     * @return where the next one goes
     */
    static int put(int point, byte[] text, int at) {
        int next = at;
        if (point < 0x80) {
            text[next++] = (byte) point;
            return next;
        }
        if (point < 0x800) {
            text[next++] = (byte) (0xC0 | point >> 6);
        } else {
            if (point < 0x10000) {
                text[next++] = (byte) (0xE0 | point >> 12);
            } else {
                text[next++] = (byte) (0xF0 | point >> 18);
                text[next++] = (byte) (0x80 | point >> 12 & 0x3F);
            }
            text[next++] = (byte) (0x80 | point >> 6 & 0x3F);
        }
        text[next++] = (byte) (0x80 | point & 0x3F);
        return next;
    }
}
