package swipestream.windows;

/** The state is one that this version must not read. */
final class UnreadableStateException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    UnreadableStateException(String fact, String hint) {
        super(fact + "\nhint: " + hint);
    }
}
