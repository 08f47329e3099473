package swipestream.vectors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.util.Random;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.ValidationException;
import org.junit.jupiter.api.Test;

/** Each eight bytes are the double nearest to a number; only numbers are taken. */
class Float64VectorTest {
    private final Float64Vector function = new Float64Vector();

    /** A double put together from its bytes by hand. */
    private static double at(byte[] vector, int place) {
        long bits = 0;
        for (int i = 7; i >= 0; i--) {
            bits = bits << 8 | vector[place * 8 + i] & 0xff;
        }
        return Double.longBitsToDouble(bits);
    }

    @Test
    void numbers_of_each_type_become_the_nearest_double() {
        byte[] vector =
                function.eval(
                        1,
                        9_007_199_254_740_993L,
                        0.1,
                        new BigDecimal("2.5"),
                        (short) -3,
                        (byte) 4,
                        1e300);
        double[] expected = {1, 9_007_199_254_740_992d, 0.1, 2.5, -3, 4, 1e300};
        assertEquals(expected.length * 8, vector.length);
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], at(vector, i));
        }
    }

    @Test
    void null_is_nan() {
        byte[] vector = function.eval(null, 7.0);
        assertTrue(Double.isNaN(at(vector, 0)));
        assertEquals(7d, at(vector, 1));
    }

    @Test
    void random_numbers_keep_their_place() {
        Random random = new Random(7);
        Number[] numbers = new Number[30];
        for (int round = 0; round < 1_000; round++) {
            for (int i = 0; i < numbers.length; i++) {
                boolean isWhole = random.nextBoolean();
                numbers[i] = isWhole ? (Number) random.nextLong() : (Number) random.nextGaussian();
            }
            byte[] vector = function.eval(numbers);
            for (int i = 0; i < numbers.length; i++) {
                assertEquals(
                        numbers[i] instanceof Long whole
                                ? (double) (long) whole
                                : (double) numbers[i],
                        at(vector, i));
            }
        }
    }

    @Test
    void a_text_is_refused_before_anything_runs() {
        TableEnvironment environment =
                TableEnvironment.create(EnvironmentSettings.inStreamingMode());
        environment.createTemporaryFunction("float64_vector", Float64Vector.class);
        environment.executeSql(
                "CREATE TEMPORARY TABLE payments (amount BIGINT, channel STRING)"
                        + " WITH ('connector' = 'datagen')");
        String type =
                environment
                        .sqlQuery("SELECT float64_vector(amount, 1.5, NULLIF(1, 1)) FROM payments")
                        .getResolvedSchema()
                        .getColumnDataTypes()
                        .toString();
        assertEquals("[BYTES NOT NULL]", type);
        assertThrows(
                ValidationException.class,
                () -> environment.sqlQuery("SELECT float64_vector(amount, channel) FROM payments"));
    }
}
