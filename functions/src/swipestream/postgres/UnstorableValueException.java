package swipestream.postgres;

/** A value that its column cannot hold; says which column, never which value. */
final class UnstorableValueException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnstorableValueException(PostgresColumn column) {
        super(
                String.format(
                        "a value of column %s does not fit into %s",
                        column.name(), column.shownType()));
    }
}
