package io.bactrian.tokenizer.jinja;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What may stand behind {@code is}, and in {@code select} and its like. */
final class Tests {
    /** Tells whether something is so of a value. */
    @FunctionalInterface
    interface Test {
        boolean isSo(Object value, Arguments arguments);
    }

    static final Map<String, Test> CATALOG = Map.ofEntries(
            Map.entry("defined", (value, given) -> !(value instanceof Undefined)),
            Map.entry("undefined", (value, given) -> value instanceof Undefined),
            Map.entry("none", (value, given) -> value instanceof None),
            Map.entry("boolean", (value, given) -> value instanceof Boolean),
            Map.entry("true", (value, given) -> Boolean.TRUE.equals(value)),
            Map.entry("false", (value, given) -> Boolean.FALSE.equals(value)),
            Map.entry("integer", (value, given) -> Numbers.isWhole(value)),
            Map.entry("float", (value, given) -> value instanceof Double),
            Map.entry("number", (value, given) -> Numbers.isNumber(value)),
            Map.entry("string", (value, given) -> value instanceof String),
            Map.entry("mapping", (value, given) -> value instanceof Map),
            Map.entry("iterable", (value, given) -> Values.isIterable(value)),
            Map.entry("sequence", (value, given) -> Values.isIterable(value)),
            Map.entry("callable", (value, given) -> value instanceof Callable),
            Map.entry(
                    "upper",
                    (value, given) -> isUnchanged(value, Values.text(value).toUpperCase(Locale.ROOT))),
            Map.entry(
                    "lower",
                    (value, given) -> isUnchanged(value, Values.text(value).toLowerCase(Locale.ROOT))),
            Map.entry("odd", (value, given) -> Math.floorMod(Numbers.index(value), 2) == 1),
            Map.entry("even", (value, given) -> Math.floorMod(Numbers.index(value), 2) == 0),
            Map.entry("divisibleby", (value, given) -> isTrueOf("%", value, given)),
            Map.entry("in", (value, given) -> Values.contains(given.required(0, "seq"), value)),
            Map.entry("sameas", (value, given) -> isSame(value, given.required(0, "other"))),
            Map.entry("eq", Tests::isEqual),
            Map.entry("equalto", Tests::isEqual),
            Map.entry("==", Tests::isEqual),
            Map.entry("ne", (value, given) -> !isEqual(value, given)),
            Map.entry("!=", (value, given) -> !isEqual(value, given)),
            Map.entry("lt", (value, given) -> compared("<", value, given) < 0),
            Map.entry("lessthan", (value, given) -> compared("<", value, given) < 0),
            Map.entry("le", (value, given) -> compared("<=", value, given) <= 0),
            Map.entry("gt", (value, given) -> compared(">", value, given) > 0),
            Map.entry("greaterthan", (value, given) -> compared(">", value, given) > 0),
            Map.entry("ge", (value, given) -> compared(">=", value, given) >= 0));

    private Tests() {}

    private static boolean isUnchanged(Object value, String changed) {
        String text = Values.text(value);
        return text.equals(changed) && text.codePoints().anyMatch(Character::isLetter);
    }

    private static boolean isTrueOf(String operator, Object value, Arguments given) {
        return Numbers.real(Numbers.calculate(operator, value, given.required(0, "num"))) == 0;
    }

    private static boolean isSame(Object value, Object other) {
        return value == other
                || (!(value instanceof List || value instanceof Map)
                        && value.getClass() == other.getClass()
                        && value.equals(other));
    }

    private static boolean isEqual(Object value, Arguments given) {
        return Values.equal(value, given.required(0, "other"));
    }

    private static int compared(String operator, Object value, Arguments given) {
        return Values.compare(operator, value, given.required(0, "other"));
    }
}
