package swipestream.postgres;

import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

import java.io.IOException;
import java.sql.SQLException;
import java.util.Map;
import java.util.Set;

/**
 * What went wrong, in words without any value of a row, and whether trying again may help.
 *
 * @param cause in words
 * @param mayPass whether it may pass soon
 */
record StoreFailure(String cause, boolean mayPass) {

    // Classes and codes as in appendix A of PostgreSQL's documentation.
    private static final Set<String> PASSING_CLASSES =
            Set.of(
                    "08", // connection
                    "40", // deadlock, serialization
                    "53", // out of memory, disk or connections
                    "57", // shut down, starting, cancelled
                    "58"); // its disk
    private static final Set<String> PASSING =
            Set.of(
                    "25006", // a primary that has become a standby
                    "26000", // a prepared statement that a pooler has lost
                    "42804", // a table altered while rows were on their way
                    "55006", // in use
                    "55P03"); // locked
    // Of these classes, but permanent: a violation of the protocol, a dropped database.
    private static final Set<String> FINAL = Set.of("08P01", "57P04");
    // Their messages name objects, never values.
    private static final Set<String> CLASSES_WITHOUT_VALUES =
            Set.of("08", "23", "25", "26", "28", "3D", "3F", "40", "42", "53", "55", "57", "58");
    private static final Map<String, String> HINTS =
            Map.of(
                    "42501", "grant the user SELECT, INSERT and UPDATE on it",
                    "42P10", "give it a unique index on just the columns of the sink's primary key",
                    "28P01", "check username and password of the sink");

    static StoreFailure of(SQLException error) {
        String state = error.getSQLState() == null ? "" : error.getSQLState();
        String group = state.length() == 5 ? state.substring(0, 2) : "";
        boolean mayPass =
                !FINAL.contains(state)
                        && (PASSING_CLASSES.contains(group)
                                || PASSING.contains(state)
                                || error.getCause() instanceof IOException);
        StringBuilder text = new StringBuilder();
        ServerErrorMessage message =
                error instanceof PSQLException fromServer
                        ? fromServer.getServerErrorMessage()
                        : null;
        if (message == null) {
            // From the driver, about the connection; the operating system's error says more.
            text.append(error.getMessage());
            if (error.getCause() instanceof IOException broken) {
                text.append(' ').append(broken.getMessage());
            }
        } else if (isOfTrigger(message)) {
            text.append("a trigger refused a row");
        } else if (CLASSES_WITHOUT_VALUES.contains(group)) {
            text.append(message.getMessage());
        } else {
            text.append(withoutValues(String.valueOf(message.getMessage())));
        }
        if (message != null) {
            append(text, "table", message.getTable());
            append(text, "column", message.getColumn());
            append(text, "constraint", message.getConstraint());
        }
        append(text, "SQLSTATE", state);
        if (HINTS.containsKey(state)) {
            text.append("\nhint: ").append(HINTS.get(state));
        }
        return new StoreFailure(text.toString(), mayPass);
    }

    /** Whether the text comes from a function that somebody wrote in the database. */
    private static boolean isOfTrigger(ServerErrorMessage message) {
        return "exec_stmt_raise".equals(message.getRoutine());
    }

    /** Without quoted parts and what follows a colon, which may be values. */
    private static String withoutValues(String message) {
        return message.replaceAll("\".*\"", "...").replaceAll(":.*", "");
    }

    private static void append(StringBuilder text, String what, String name) {
        if (name != null && !name.isEmpty() && text.indexOf('"' + name + '"') < 0) {
            text.append(", ").append(what).append(' ').append(name);
        }
    }
}
