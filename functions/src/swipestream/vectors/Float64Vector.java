package swipestream.vectors;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.functions.ScalarFunction;
import org.apache.flink.table.types.inference.InputTypeStrategies;
import org.apache.flink.table.types.inference.TypeInference;
import org.apache.flink.table.types.inference.TypeStrategies;
import org.apache.flink.table.types.logical.LogicalTypeFamily;

/**
 * {@code float64_vector(a, b, ...)}: numbers of any type as the bytes of float64, one after the
 * other, least significant byte first. NULL is NaN.
 *
 * <p>For a vectorized Python function, where each column of a batch costs as much as hundreds of
 * rows: NumPy reads one column of such vectors in one step.
 *
 * <p>Keeps no state. Float64VectorTest compares the bytes with Java's double.
 */
public final class Float64Vector extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    @Override
    public TypeInference getTypeInference(DataTypeFactory factory) {
        return TypeInference.newBuilder()
                .inputTypeStrategy(
                        InputTypeStrategies.varyingSequence(
                                InputTypeStrategies.logical(LogicalTypeFamily.NUMERIC)))
                .outputTypeStrategy(TypeStrategies.explicit(DataTypes.BYTES().notNull()))
                .build();
    }

    /** Called by Flink for each row. */
    public byte[] eval(Number... values) {
        byte[] vector = new byte[values.length * Double.BYTES];
        ByteBuffer doubles = ByteBuffer.wrap(vector).order(ByteOrder.LITTLE_ENDIAN);
        for (Number value : values) {
            doubles.putDouble(value == null ? Double.NaN : value.doubleValue());
        }
        return vector;
    }
}
