package swipestream.json;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.ProcessTableFunction;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.inference.CallContext;
import org.apache.flink.table.types.inference.StaticArgument;
import org.apache.flink.table.types.inference.StaticArgumentTrait;
import org.apache.flink.table.types.inference.TypeInference;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.types.ColumnList;
import org.apache.flink.types.Row;

/**
 * {@code read_json(input => TABLE t, message => DESCRIPTOR(c), fields => 'a STRING, b BIGINT')}:
 * the fields of a JSON object as columns, and what is wrong with it.
 *
 * <p>One row for each row of the input, whose columns pass through. Then {@code problem}, NULL if
 * the message can be read, and the fields. Keeps no state. Fields are read by name, the last of
 * equal names wins, unknown ones are ignored. A value that a field's type cannot hold is NULL:
 *
 * <ul>
 *   <li>STRING: a text; a number or boolean as it is written.
 *   <li>BIGINT: a whole number, also as 12.0 or 1e3, or a text that is one. Beyond 64 bits, the
 *       nearest number that fits.
 *   <li>DOUBLE: a number that is not too large, or a text that is one.
 * </ul>
 *
 * <p>A field that is a list or an object is NULL and a problem, and so is a DOUBLE that is neither
 * null nor a number. If the message as a whole cannot be read, all fields are NULL.
 *
 * <p>ReadJsonTest shows each rule; MessageReaderTest compares random messages with Jackson.
 */
public final class ReadJson extends ProcessTableFunction<RowData> {
    private static final long serialVersionUID = 1L;

    static final String PROBLEM = "problem";

    private static final int INPUT = 0;
    private static final int MESSAGE = 1;
    private static final int FIELDS = 2;

    private transient MessageReader reader;
    private transient String column;

    @Override
    public TypeInference getTypeInference(DataTypeFactory factory) {
        return TypeInference.newBuilder()
                .staticArguments(
                        StaticArgument.table(
                                "input",
                                Row.class,
                                false,
                                EnumSet.of(
                                        StaticArgumentTrait.ROW_SEMANTIC_TABLE,
                                        StaticArgumentTrait.PASS_COLUMNS_THROUGH)),
                        StaticArgument.scalar("message", DataTypes.DESCRIPTOR().notNull(), false),
                        StaticArgument.scalar("fields", DataTypes.STRING().notNull(), false))
                .outputTypeStrategy(call -> Optional.of(outputType(call)))
                .build();
    }

    private static DataType outputType(CallContext call) {
        List<String> columns = checkedColumns(call);
        String list =
                call.getArgumentValue(FIELDS, String.class)
                        .orElseThrow(
                                () ->
                                        new ValidationException(
                                                "fields of read_json: write them as a literal"));
        Fields fields = new Fields(list);
        List<DataTypes.Field> output = new ArrayList<>();
        output.add(DataTypes.FIELD(PROBLEM, DataTypes.STRING()));
        for (int i = 0; i < fields.size(); i++) {
            output.add(DataTypes.FIELD(fields.names.get(i), columnType(fields.types.get(i))));
        }
        for (DataTypes.Field field : output) {
            if (columns.contains(field.getName())) {
                throw new ValidationException(
                        "read_json: the input has a column " + field.getName()
                                + " already; name it otherwise there");
            }
        }
        return DataTypes.ROW(output).bridgedTo(RowData.class);
    }

    /** The input's columns; the one with the message is among them, and holds bytes. */
    private static List<String> checkedColumns(CallContext call) {
        DataType input = call.getTableSemantics(INPUT).orElseThrow().dataType();
        List<String> columns = DataType.getFieldNames(input);
        String name = messageColumn(call.getArgumentValue(MESSAGE, ColumnList.class).orElse(null));
        int place = columns.indexOf(name);
        if (place < 0) {
            throw new ValidationException(
                    "message of read_json: the input has no column " + name + ", only "
                            + String.join(", ", columns));
        }
        LogicalType type = DataType.getFieldDataTypes(input).get(place).getLogicalType();
        if (!type.is(LogicalTypeFamily.BINARY_STRING)) {
            throw new ValidationException(
                    "message of read_json: " + name + " is " + type.asSummaryString()
                            + "; declare it as BYTES, with 'value.format' = 'raw'");
        }
        return columns;
    }

    private static String messageColumn(ColumnList columns) {
        if (columns == null || columns.getNames().size() != 1) {
            throw new ValidationException(
                    "message of read_json: write DESCRIPTOR(c) with the name of one column");
        }
        return columns.getNames().get(0);
    }

    private static DataType columnType(Fields.Type type) {
        return switch (type) {
            case STRING -> DataTypes.STRING();
            case BIGINT -> DataTypes.BIGINT();
            case DOUBLE -> DataTypes.DOUBLE();
        };
    }

    /** Called by Flink for each row. */
    public void eval(Row input, ColumnList message, String fields) {
        if (reader == null) {
            column = messageColumn(message);
            reader = new MessageReader(new Fields(fields));
        }
        collect(reader.read((byte[]) input.getField(column)));
    }
}
