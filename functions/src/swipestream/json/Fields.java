package swipestream.json;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.flink.table.api.ValidationException;

/** The fields of a message that a query asks for, as it lists them: {@code id STRING, n BIGINT}. */
final class Fields {
    enum Type {
        STRING,
        BIGINT,
        DOUBLE
    }

    final List<String> names = new ArrayList<>();
    final List<Type> types = new ArrayList<>();

    /**
     * @throws ValidationException the list is empty or malformed; says what to write instead
     */
    Fields(String list) {
        for (String item : list.split(",", -1)) {
            String[] words = item.trim().split("\\s+");
            if (words.length != 2) {
                throw invalid("'" + item.trim() + "' is not a name and a type");
            }
            add(words[0], words[1]);
        }
    }

    private void add(String name, String type) {
        if (!name.chars().allMatch(c -> c > ' ' && c != '"' && c != '\\' && !isSurrogate(c))) {
            throw invalid("the name " + name + " has a character that needs an escape in JSON");
        }
        if (names.contains(name)) {
            throw invalid(name + " is listed twice");
        }
        if (name.equals(ReadJson.PROBLEM)) {
            throw invalid(name + " is the name of the column that says what is wrong");
        }
        try {
            types.add(Type.valueOf(type.toUpperCase(Locale.ROOT)));
        } catch (IllegalArgumentException e) {
            throw invalid(name + " has the type " + type);
        }
        names.add(name);
    }

    private static boolean isSurrogate(int c) {
        return c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE;
    }

    private static ValidationException invalid(String fact) {
        return new ValidationException(
                "fields of read_json: "
                        + fact
                        + "; write a name and STRING, BIGINT or DOUBLE for each,"
                        + " such as 'id STRING, cents BIGINT'");
    }

    int size() {
        return names.size();
    }

    /** The names as they stand in a message. */
    byte[][] encodedNames() {
        return names.stream()
                .map(name -> name.getBytes(StandardCharsets.UTF_8))
                .toArray(byte[][]::new);
    }
}
