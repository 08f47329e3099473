package swipestream.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;
import org.postgresql.util.ServerErrorMessage;

import java.io.EOFException;
import java.sql.SQLException;

/** What is said about an error, and whether it may pass. */
class StoreFailureTest {
    @ParameterizedTest
    @CsvSource({
        "08006, true",
        "57P01, true",
        "57P03, true",
        "57014, true",
        "53300, true",
        "53100, true",
        "40001, true",
        "40P01, true",
        "55P03, true",
        "25006, true",
        "42804, true",
        "23502, false",
        "23505, false",
        "23514, false",
        "22003, false",
        "42P01, false",
        "42703, false",
        "42501, false",
        "28P01, false",
        "3D000, false",
        "57P04, false",
        "P0001, false",
        "XX000, false",
    })
    void what_may_pass_is_known_by_its_code(String state, boolean mayPass) {
        assertEquals(mayPass, StoreFailure.of(error(state, "MSomething")).mayPass());
    }

    @Test
    void a_connection_that_breaks_may_pass_whatever_its_code() {
        SQLException error =
                new PSQLException(
                        "It broke.", PSQLState.UNEXPECTED_ERROR, new EOFException("gone"));
        assertEquals(
                new StoreFailure("It broke. gone, SQLSTATE 99999", true), StoreFailure.of(error));
    }

    @Test
    void a_constraint_is_named_without_the_row() {
        String cause =
                StoreFailure.of(
                                error(
                                        "23502",
                                        "Mnull value in column \"currency\" of relation"
                                            + " \"payments\" violates not-null constraint",
                                        "DFailing row contains (t1, 4111111111111111, null).",
                                        "spublic",
                                        "tpayments",
                                        "ccurrency"))
                        .cause();
        assertEquals(
                "null value in column \"currency\" of relation \"payments\" violates not-null "
                        + "constraint, SQLSTATE 23502",
                cause);
    }

    @Test
    void a_constraint_that_the_message_leaves_out_is_added() {
        String cause =
                StoreFailure.of(
                                error(
                                        "23000",
                                        "Mrefused",
                                        "tpayments",
                                        "nmy_check",
                                        "DKey (card)=(1) is odd."))
                        .cause();
        assertEquals("refused, table payments, constraint my_check, SQLSTATE 23000", cause);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "invalid input value for enum mood: \"4111\" | invalid input value for enum mood",
                "value \"4111\" is out of range for type integer "
                        + "| value ... is out of range for type integer",
                "invalid byte sequence for encoding \"UTF8\": 0x41 "
                        + "| invalid byte sequence for encoding ...",
                "numeric field overflow | numeric field overflow",
            })
    void a_value_in_a_message_is_left_out(String message, String told) {
        assertEquals(
                told + ", SQLSTATE 22P02", StoreFailure.of(error("22P02", "M" + message)).cause());
    }

    @Test
    void what_a_trigger_says_is_not_repeated() {
        String cause =
                StoreFailure.of(
                                error(
                                        "23001",
                                        "Mcard 4111 is not allowed",
                                        "Rexec_stmt_raise",
                                        "Fpl_exec.c"))
                        .cause();
        assertFalse(cause.contains("4111"), cause);
        assertEquals("a trigger refused a row, SQLSTATE 23001", cause);
    }

    @Test
    void a_hint_says_what_to_do() {
        assertEquals(
                "permission denied for table alerts, SQLSTATE 42501\n"
                        + "hint: grant the user SELECT, INSERT and UPDATE on it",
                StoreFailure.of(error("42501", "Mpermission denied for table alerts")).cause());
    }

    /** An error from the server, with fields as in its protocol. */
    private static SQLException error(String state, String... fields) {
        String message = "SERROR\0C" + state + "\0" + String.join("\0", fields) + "\0";
        return new PSQLException(new ServerErrorMessage(message), false);
    }
}
