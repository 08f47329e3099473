package swipestream.windows;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.flink.types.Row;

/**
 * The same, by definition: for each row it reads again every row that had arrived, in plain lists.
 * It carries over only which rows were new and which of them the bound dropped.
 */
final class SlowWindows {
    private static final Comparator<Object> ORDER =
            (a, b) ->
                    a instanceof Long || a instanceof Short
                            ? Long.compare(((Number) a).longValue(), ((Number) b).longValue())
                            : compareReals(real(a), real(b));

    private World.Spec spec;
    private final Map<String, List<Row>> newRows = new HashMap<>();

    SlowWindows(World.Spec spec) {
        this.spec = spec;
    }

    void change(World.Spec other) {
        spec = other;
    }

    /** Outcome, what differs, and the windows. */
    List<Object> take(Row row) {
        if (row.getField(3) != null
                || row.getField(0) == null
                || row.getField(1) == null
                || row.getField(2) == null) {
            return without("skipped", null);
        }
        List<Row> before =
                newRows.computeIfAbsent((String) row.getField(0), key -> new ArrayList<>());
        long newest = before.stream().mapToLong(SlowWindows::time).max().orElse(time(row));
        List<Row> kept = keptOf(before, newest);
        for (Row known : kept) {
            if (known.getField(1).equals(row.getField(1))) {
                String differs =
                        spec.same().stream()
                                .filter(name -> !isSame(value(known, name), value(row, name)))
                                .collect(Collectors.joining(", "));
                return differs.isEmpty() ? without("copy", null) : without("conflict", differs);
            }
        }
        if (time(row) < newest - spec.keepMs()) {
            return without("too_old", null);
        }
        before.add(row);
        List<Row> seen = keptOf(before, Math.max(newest, time(row)));
        List<Object> result = new ArrayList<>();
        result.add("new");
        result.add(null);
        for (World.Output output : spec.outputs()) {
            result.add(window(output, seen, row));
        }
        for (Row dropped : seen.subList(0, Math.max(0, seen.size() - spec.most()))) {
            before.removeIf(one -> one == dropped);
        }
        return result;
    }

    /** In order of time; a stable sort leaves equal times in order of arrival. */
    private List<Row> keptOf(List<Row> arrived, long newest) {
        return arrived.stream()
                .filter(one -> time(one) >= newest - spec.keepMs())
                .sorted(Comparator.comparingLong(SlowWindows::time))
                .toList();
    }

    private List<Object> without(String outcome, String differs) {
        List<Object> result = new ArrayList<>();
        result.add(outcome);
        result.add(differs);
        spec.outputs().forEach(output -> result.add(null));
        return result;
    }

    private static Object window(World.Output output, List<Row> seen, Row row) {
        int own = 0;
        while (seen.get(own) != row) {
            own++;
        }
        if (output.function().equals("NEWEST")) {
            return time(seen.get(seen.size() - 1));
        }
        if (output.function().equals("LAG")) {
            int lag = own - output.offset();
            return lag < 0 ? null : value(seen.get(lag), output.column());
        }
        int end = own;
        Predicate<Integer> reaches =
                output.isRows()
                        ? i -> end - i <= output.reach()
                        : i -> time(seen.get(i)) >= time(row) - output.reach();
        List<Row> frame = new ArrayList<>();
        for (int i = 0; i <= own; i++) {
            if (reaches.test(i)) {
                frame.add(seen.get(i));
            }
        }
        if (output.function().equals("FIRST_VALUE")) {
            return value(frame.get(0), output.column());
        }
        if (output.function().equals("LAST_VALUE")) {
            return value(row, output.column());
        }
        List<Object> values =
                frame.stream()
                        .filter(
                                one ->
                                        output.filter() == null
                                                || Boolean.TRUE.equals(value(one, output.filter())))
                        .map(one -> output.column() == null ? "row" : value(one, output.column()))
                        .filter(Objects::nonNull)
                        .toList();
        return aggregate(output.function(), values);
    }

    private static Object aggregate(String function, List<Object> values) {
        switch (function) {
            case "COUNT":
                return (long) values.size();
            case "COUNT_DISTINCT":
                return values.stream().map(SlowWindows::equalIfSame).distinct().count();
            default:
        }
        if (values.isEmpty()) {
            return null;
        }
        boolean isReal = values.get(0) instanceof Double || values.get(0) instanceof Float;
        return switch (function) {
            case "SUM" -> isReal ? realSum(values) : wholeSum(values);
            case "AVG" ->
                    isReal
                            ? (Object) (realSum(values) / values.size())
                            : (Object) (exactSum(values).doubleValue() / values.size());
            case "MIN" ->
                    new TreeSet<>(ORDER) {
                        {
                            addAll(values);
                        }
                    }.first();
            case "MAX" ->
                    new TreeSet<>(ORDER) {
                        {
                            addAll(values);
                        }
                    }.last();
            case "STDDEV_SAMP" -> deviation(values);
            default -> throw new IllegalArgumentException(function);
        };
    }

    private static BigInteger exactSum(List<Object> values) {
        return values.stream()
                .map(value -> BigInteger.valueOf(((Number) value).longValue()))
                .reduce(BigInteger.ZERO, BigInteger::add);
    }

    private static Object wholeSum(List<Object> values) {
        BigInteger sum = exactSum(values);
        return sum.bitLength() > 63 ? null : sum.longValue();
    }

    private static double realSum(List<Object> values) {
        return values.stream().mapToDouble(SlowWindows::real).reduce(0, Double::sum);
    }

    /** Exact until the square root. */
    private static Object deviation(List<Object> values) {
        if (values.size() < 2) {
            return null;
        }
        if (values.stream().anyMatch(value -> !Double.isFinite(real(value)))) {
            return Double.NaN;
        }
        BigDecimal sum = BigDecimal.ZERO;
        BigDecimal squares = BigDecimal.ZERO;
        for (Object value : values) {
            BigDecimal exact = new BigDecimal(real(value));
            sum = sum.add(exact);
            squares = squares.add(exact.multiply(exact));
        }
        BigDecimal n = BigDecimal.valueOf(values.size());
        BigDecimal variance = n.multiply(squares).subtract(sum.multiply(sum));
        return Math.sqrt(variance.doubleValue() / values.size() / (values.size() - 1));
    }

    private static int compareReals(double a, double b) {
        return a == b ? 0 : Double.compare(a, b);
    }

    private static boolean isSame(Object a, Object b) {
        return a == null ? b == null : b != null && equalIfSame(a).equals(equalIfSame(b));
    }

    /** 0.0 and -0.0 are the same, and so is every NaN. */
    private static Object equalIfSame(Object value) {
        return value instanceof Double || value instanceof Float
                ? (Object) (real(value) + 0.0)
                : value;
    }

    private static double real(Object value) {
        return ((Number) value).doubleValue();
    }

    private static long time(Row row) {
        return (Long) row.getField(2);
    }

    private static Object value(Row row, String column) {
        return row.getField(World.COLUMNS.indexOf(column));
    }
}
