package swipestream.postgres;

import java.util.Arrays;

/** The values of a key's columns. Quicker to hash and compare than a list, with no iterators. */
final class LookupKey {
    static final LookupKey NONE = new LookupKey();

    private final Object[] values;
    private final int hash;

    /**
     * @param values none of them null; they stay the caller's, who must not change them while the
     *     key is in use
     */
    LookupKey(Object... values) {
        this.values = values;
        hash = Arrays.hashCode(values);
    }

    int size() {
        return values.length;
    }

    Object get(int position) {
        return values[position];
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof LookupKey key
                && hash == key.hash
                && Arrays.equals(values, key.values);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public String toString() {
        return Arrays.toString(values);
    }
}
