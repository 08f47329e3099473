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

/** Each four bytes are the float nearest to a number; only numbers are taken. */
class Float32VectorTest {
    private final Float32Vector function = new Float32Vector();

    /** A float put together from its bytes by hand. */
    private static float at(byte[] vector, int place) {
        int bits = 0;
        for (int i = 3; i >= 0; i--) {
            bits = bits << 8 | vector[place * 4 + i] & 0xff;
        }
        return Float.intBitsToFloat(bits);
    }

    @Test
    void numbers_of_each_type_become_the_nearest_float() {
        byte[] vector =
                function.eval(
                        1, 16_777_217L, 0.1, new BigDecimal("2.5"), (short) -3, (byte) 4, 1e300);
        float[] expected = {1f, 16_777_216f, 0.1f, 2.5f, -3f, 4f, Float.POSITIVE_INFINITY};
        assertEquals(expected.length * 4, vector.length);
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], at(vector, i));
        }
    }

    @Test
    void null_is_nan() {
        byte[] vector = function.eval(null, 7.0);
        assertTrue(Float.isNaN(at(vector, 0)));
        assertEquals(7f, at(vector, 1));
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
                                ? (float) (long) whole
                                : (float) (double) numbers[i],
                        at(vector, i));
            }
        }
    }

    @Test
    void a_text_is_refused_before_anything_runs() {
        TableEnvironment environment =
                TableEnvironment.create(EnvironmentSettings.inStreamingMode());
        environment.createTemporaryFunction("float32_vector", Float32Vector.class);
        environment.executeSql(
                "CREATE TEMPORARY TABLE payments (amount BIGINT, channel STRING)"
                        + " WITH ('connector' = 'datagen')");
        String type =
                environment
                        .sqlQuery("SELECT float32_vector(amount, 1.5, NULLIF(1, 1)) FROM payments")
                        .getResolvedSchema()
                        .getColumnDataTypes()
                        .toString();
        assertEquals("[BYTES NOT NULL]", type);
        assertThrows(
                ValidationException.class,
                () -> environment.sqlQuery("SELECT float32_vector(amount, channel) FROM payments"));
    }
}
