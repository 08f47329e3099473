package swipestream.windows;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Fingerprints never change, because state holds them, and differ for different texts. */
class FingerprintTest {
    @ParameterizedTest
    @CsvSource({
        "'',           141cfc9842c4b0e3, 24b96f99c8f4fb9a, a706dd2f4d197e6f",
        "tx-1,         212f1dd894f55e04,  d2671ed5111d634, e3d2f0b90d583b51",
        "12345678,     fb2df018817c79ef, 768c3f5ddd079664, 92df3520c5d00ece",
        "123456789,    eb9138c3d3b0e215, 4219c49e60eff1b0, 7cf46f00f45fa22a",
        "Größe 東京 😀,  5916f3c6c33ff56,  2f0f22a39e3f4d3, 2b149f65c73b2460",
    })
    void a_text_has_the_same_fingerprint_for_ever(String text, String high, String low, String of) {
        Fingerprint fingerprint = new Fingerprint();
        fingerprint.take(text);
        assertEquals(high, Long.toHexString(fingerprint.high()));
        assertEquals(low, Long.toHexString(fingerprint.low()));
        assertEquals(of, Long.toHexString(Fingerprint.of(text)));
    }

    @Test
    void other_texts_have_other_fingerprints() {
        Fingerprint fingerprint = new Fingerprint();
        Set<Long> quick = new HashSet<>();
        Set<Long> halves = new HashSet<>();
        String longer = "x".repeat(20);
        int texts = 0;
        for (int i = 0; i < 50_000; i++) {
            for (String text : new String[] {"" + i, "m-" + i, i + longer, longer + i}) {
                texts++;
                quick.add(Fingerprint.of(text));
                fingerprint.take(text);
                halves.add(fingerprint.high());
                halves.add(fingerprint.low());
            }
        }
        assertEquals(texts, quick.size());
        assertEquals(2 * texts, halves.size());
    }

    @Test
    void a_zero_at_the_end_makes_another_text() {
        Set<Long> fingerprints = new HashSet<>();
        String text = "";
        for (int i = 0; i < 30; i++) {
            fingerprints.add(Fingerprint.of(text));
            text += "\0";
        }
        assertEquals(30, fingerprints.size());
    }
}
