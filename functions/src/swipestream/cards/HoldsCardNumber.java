package swipestream.cards;

import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.functions.ScalarFunction;

/**
 * {@code holds_card_number(text, ...)}: whether one of the texts holds a number that could be a
 * payment card's. NULL counts as no number; the answer is never NULL. Keeps no state.
 *
 * <p>{@link CardNumbers} says how. tests/card_numbers compares it with the same rule in Python, on
 * a file of cases and on random texts.
 */
public final class HoldsCardNumber extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    /** Called by Flink for each row. */
    public @DataTypeHint("BOOLEAN NOT NULL") boolean eval(
            @DataTypeHint(value = "STRING", bridgedTo = StringData.class) StringData... texts) {
        for (StringData text : texts) {
            if (text != null && CardNumbers.mayBeIn(text.toBytes())
                    && CardNumbers.areIn(text.toString())) {
                return true;
            }
        }
        return false;
    }
}
