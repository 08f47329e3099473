package swipestream.windows;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The set has the same size as Java's, round after round. */
class LongSetTest {
    @Test
    void it_holds_what_a_set_holds() {
        Random random = new Random(5);
        LongSet set = new LongSet();
        for (int round = 0; round < 300; round++) {
            set.clear();
            Set<Long> slow = new HashSet<>();
            int values = random.nextInt(2000);
            for (int i = 0; i < values; i++) {
                // Few, close together, far apart, and alike in their low bits.
                long value =
                        switch (round % 4) {
                            case 0 -> random.nextInt(5);
                            case 1 -> i - 1000;
                            case 2 -> random.nextLong();
                            default -> (long) random.nextInt(900) << 40;
                        };
                set.add(value);
                slow.add(value);
                assertEquals(slow.size(), set.size());
            }
        }
    }
}
