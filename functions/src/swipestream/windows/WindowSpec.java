package swipestream.windows;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.DeserializationFeature;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.table.api.ValidationException;

/**
 * What a query asks of trailing_windows, in JSON; TrailingWindows shows an example.
 *
 * <p>This class checks everything that does not depend on the input; Windows checks the rest.
 * WindowSpecTest has every refusal.
 */
final class WindowSpec {
    /** 30 days, more than most keys keep. */
    static final long FORGET_AFTER_MS = 30L * 24 * 60 * 60 * 1000;

    private static final Set<String> MEMBERS =
            Set.of(
                    "id",
                    "time",
                    "skip_if",
                    "same",
                    "keep_ms",
                    "most",
                    "forget_after_ms",
                    "kept",
                    "outputs");
    private static final Set<String> OUTPUT_MEMBERS =
            Set.of("name", "function", "column", "range_ms", "rows", "offset", "filter");

    /**
     * One window.
     *
     * @param column null: counts rows, as COUNT(*)
     * @param frame null if the function has none
     * @param offset of LAG
     * @param filter null: all rows
     */
    record Output(
            String name,
            Function function,
            String column,
            Frames.Frame frame,
            int offset,
            String filter) {}

    final String id;
    final String time;

    /** Null: no row is skipped. */
    final String skipIf;

    final List<String> same;
    final long keepMs;
    final int most;
    final long forgetAfterMs;
    final List<String> kept;
    final List<Output> outputs = new ArrayList<>();

    /**
     * @throws ValidationException says what is wrong, and what to write instead
     */
    WindowSpec(String json) {
        JsonNode spec = parsed(json);
        knownOnly(spec, MEMBERS, "");
        id = text(spec, "id", "");
        time = text(spec, "time", "");
        skipIf = spec.has("skip_if") ? text(spec, "skip_if", "") : null;
        same = texts(spec, "same");
        keepMs = number(spec, "keep_ms", 1, Long.MAX_VALUE, "");
        most = (int) number(spec, "most", 1, Integer.MAX_VALUE, "");
        forgetAfterMs =
                spec.has("forget_after_ms")
                        ? number(spec, "forget_after_ms", 1, Long.MAX_VALUE, "")
                        : FORGET_AFTER_MS;
        kept = texts(spec, "kept");
        if (forgetAfterMs <= keepMs) {
            throw invalid(
                    "an idle key is forgotten after "
                            + forgetAfterMs
                            + " ms, but kept for "
                            + keepMs,
                    "write a forget_after_ms above keep_ms");
        }
        if (kept.contains(time)) {
            throw invalid(
                    "kept names the time column " + time, "leave it out, the time is kept anyway");
        }
        if (!spec.path("outputs").isArray()) {
            throw invalid("there are no outputs", "write a list, it may be empty");
        }
        for (JsonNode output : spec.get("outputs")) {
            outputs.add(output(output));
        }
    }

    private static JsonNode parsed(String json) {
        ObjectMapper mapper =
                new ObjectMapper()
                        .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
                        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
        try {
            JsonNode spec = mapper.readTree(json);
            if (spec == null || !spec.isObject()) {
                throw invalid("it is not a JSON object", "write {...}");
            }
            return spec;
        } catch (JsonProcessingException e) {
            throw invalid("it is not JSON: " + e.getOriginalMessage(), "write one JSON object");
        }
    }

    private Output output(JsonNode output) {
        if (!output.isObject()) {
            throw invalid("an output is " + output, "write an object with name and function");
        }
        String name = text(output, "name", "an output: ");
        String where = name + ": ";
        knownOnly(output, OUTPUT_MEMBERS, where);
        Function function = function(text(output, "function", where), where);
        String column = output.has("column") ? text(output, "column", where) : null;
        if (column == null && !function.isOfRows()) {
            throw invalid(where + function + " needs a column", "name one that is kept");
        }
        if (column != null && function == Function.NEWEST) {
            throw invalid(where + "NEWEST is of the time", "leave column out");
        }
        String filter = output.has("filter") ? text(output, "filter", where) : null;
        if (filter != null && !function.isAggregate()) {
            throw invalid(where + function + " takes no filter", "leave filter out");
        }
        if (output.has("offset") != (function == Function.LAG)) {
            throw invalid(
                    where
                            + (function == Function.LAG ? "LAG needs" : function + " takes no")
                            + " offset",
                    "write an offset for LAG, and only there");
        }
        int offset = function == Function.LAG ? (int) number(output, "offset", 1, most, where) : 0;
        return new Output(name, function, column, frame(output, function, where), offset, filter);
    }

    private Frames.Frame frame(JsonNode output, Function function, String where) {
        boolean isRange = output.has("range_ms");
        boolean isRows = output.has("rows");
        if (!function.isFramed()) {
            if (isRange || isRows) {
                throw invalid(where + function + " has no frame", "leave range_ms and rows out");
            }
            return null;
        }
        if (isRange == isRows) {
            throw invalid(
                    where + function + " needs " + (isRows ? "one" : "a") + " frame",
                    "write either range_ms or rows");
        }
        if (isRows) {
            return new Frames.Frame(true, number(output, "rows", 0, most, where));
        }
        long range = number(output, "range_ms", 0, Long.MAX_VALUE, where);
        if (range > keepMs) {
            throw invalid(
                    where
                            + "the range of "
                            + range
                            + " ms is longer than the "
                            + keepMs
                            + " ms that rows are kept",
                    "write a keep_ms that is not below the longest range_ms");
        }
        return new Frames.Frame(false, range);
    }

    private static Function function(String name, String where) {
        try {
            return Function.valueOf(name);
        } catch (IllegalArgumentException e) {
            throw invalid(
                    where + "unknown function " + name,
                    "write one of " + Arrays.toString(Function.values()));
        }
    }

    private static void knownOnly(JsonNode node, Set<String> known, String where) {
        for (Iterator<String> names = node.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (!known.contains(name)) {
                throw invalid(
                        where + "unknown member " + name,
                        "write some of " + String.join(", ", known.stream().sorted().toList()));
            }
        }
    }

    private static String text(JsonNode node, String name, String where) {
        JsonNode value = node.path(name);
        if (!value.isTextual() || value.textValue().isEmpty()) {
            throw invalid(
                    where + name + " is missing or not a text", "write \"" + name + "\": ...");
        }
        return value.textValue();
    }

    private static List<String> texts(JsonNode node, String name) {
        List<String> texts = new ArrayList<>();
        if (node.has(name) && !node.get(name).isArray()) {
            throw invalid(name + " is not a list", "write a list of columns");
        }
        for (JsonNode item : node.path(name)) {
            if (!item.isTextual()) {
                throw invalid(name + " has " + item + " in it", "write a list of columns");
            }
            if (texts.contains(item.textValue())) {
                throw invalid(name + " names " + item.textValue() + " twice", "name it once");
            }
            texts.add(item.textValue());
        }
        return texts;
    }

    private static long number(JsonNode node, String name, long least, long most, String where) {
        JsonNode value = node.path(name);
        if (!value.isIntegralNumber()
                || !value.canConvertToLong()
                || value.longValue() < least
                || value.longValue() > most) {
            throw invalid(
                    where + name + " is " + (value.isMissingNode() ? "missing" : value.toString()),
                    "write a whole number from "
                            + least
                            + (most == Long.MAX_VALUE ? " on" : " to " + most));
        }
        return value.longValue();
    }

    /** An error with what to do about it. */
    static ValidationException invalid(String fact, String hint) {
        return new ValidationException("spec of trailing_windows: " + fact + "; " + hint);
    }
}
