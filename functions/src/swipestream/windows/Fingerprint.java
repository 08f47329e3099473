package swipestream.windows;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Texts as numbers of fixed width. State holds them, so they never change: FingerprintTest has
 * some.
 *
 * <p>An id becomes the first 128 bits of SHA-256 of its UTF-8, so nobody can choose two ids that
 * collide. Other text becomes 64 bits of a quick mix; of 10,000 different texts, two collide once
 * in 300 billion times, and then a count is wrong by one.
 */
final class Fingerprint {
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final MessageDigest sha256;
    private final byte[] digest = new byte[32];

    Fingerprint() {
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** Takes an id; {@link #high} and {@link #low} then belong to it. */
    void take(String id) {
        byte[] text = id.getBytes(StandardCharsets.UTF_8);
        sha256.update(text, 0, text.length);
        try {
            sha256.digest(digest, 0, digest.length);
        } catch (DigestException e) {
            throw new IllegalStateException("SHA-256 is 32 bytes", e);
        }
    }

    long high() {
        return (long) LONG.get(digest, 0);
    }

    long low() {
        return (long) LONG.get(digest, 8);
    }

    /** 64 bits of any text. */
    static long of(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        long mixed = mixed(bytes.length);
        int i = 0;
        for (; i + 8 <= bytes.length; i += 8) {
            mixed = mixed(mixed ^ (long) LONG.get(bytes, i));
        }
        long rest = 0;
        for (int j = bytes.length - 1; j >= i; j--) {
            rest = rest << 8 | (bytes[j] & 0xff);
        }
        return mixed(mixed ^ rest);
    }

    /**
     * Stafford's mix 13: every bit of the result depends on every bit of the input, one to one.
     */
    static long mixed(long bits) {
        long mixed = bits + 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ (mixed >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }
}
