package io.bactrian.tokenizer.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** Python's methods of strings, dictionaries and lists, but those that change them: a template cannot change what it was given. */
final class Methods {
    private interface OfString {
        Object call(String text, Arguments arguments, Budget budget);
    }

    private static final Map<String, OfString> OF_STRINGS = Map.ofEntries(
            Map.entry("strip", (text, given, budget) -> Text.strip(text, stripped(given))),
            Map.entry("lstrip", (text, given, budget) -> Text.stripStart(text, stripped(given))),
            Map.entry("rstrip", (text, given, budget) -> Text.stripEnd(text, stripped(given))),
            Map.entry("split", (text, given, budget) -> split(text, given)),
            Map.entry("rsplit", (text, given, budget) -> splitFromEnd(text, given)),
            Map.entry("splitlines", (text, given, budget) -> lines(text, given.flag(0, "keepends", false))),
            Map.entry("partition", (text, given, budget) -> partition(text, given.text(0, "sep", ""))),
            Map.entry("rpartition", (text, given, budget) -> partitionFromEnd(text, given.text(0, "sep", ""))),
            Map.entry("startswith", (text, given, budget) -> anyOf(given, text::startsWith)),
            Map.entry("endswith", (text, given, budget) -> anyOf(given, text::endsWith)),
            Map.entry("replace", Methods::replace),
            Map.entry("join", (text, given, budget) -> join(text, Values.items(given.required(0, "iterable")), budget)),
            Map.entry("find", (text, given, budget) -> points(text, text.indexOf(given.text(0, "sub", "")))),
            Map.entry("rfind", (text, given, budget) -> points(text, text.lastIndexOf(given.text(0, "sub", "")))),
            Map.entry("index", (text, given, budget) -> found(points(text, text.indexOf(given.text(0, "sub", ""))))),
            Map.entry("count", (text, given, budget) -> count(text, given.text(0, "sub", ""))),
            Map.entry("upper", (text, given, budget) -> text.toUpperCase(Locale.ROOT)),
            Map.entry("lower", (text, given, budget) -> text.toLowerCase(Locale.ROOT)),
            Map.entry("title", (text, given, budget) -> Text.title(text)),
            Map.entry("capitalize", (text, given, budget) -> Text.capitalize(text)),
            Map.entry("removeprefix", (text, given, budget) -> {
                String prefix = given.text(0, "prefix", "");
                return text.startsWith(prefix) ? text.substring(prefix.length()) : text;
            }),
            Map.entry("removesuffix", (text, given, budget) -> {
                String suffix = given.text(0, "suffix", "");
                return text.endsWith(suffix) ? text.substring(0, text.length() - suffix.length()) : text;
            }),
            Map.entry("isspace", (text, given, budget) -> all(text, Text::isSpace)),
            Map.entry("isdigit", (text, given, budget) -> all(text, Character::isDigit)),
            Map.entry("isnumeric", (text, given, budget) -> all(text, Character::isDigit)),
            Map.entry("isalpha", (text, given, budget) -> all(text, Character::isLetter)),
            Map.entry("isalnum", (text, given, budget) -> all(text, Character::isLetterOrDigit)),
            Map.entry("isupper", (text, given, budget) -> isCase(text, Character::isUpperCase, Character::isLowerCase)),
            Map.entry("islower", (text, given, budget) -> isCase(text, Character::isLowerCase, Character::isUpperCase)),
            Map.entry("zfill", (text, given, budget) -> padded(text, given.integer(0, "width", 0), "0", budget)),
            Map.entry("rjust", (text, given, budget) -> padded(text, given.integer(0, "width", 0), " ", budget)));

    private Methods() {}

    /** Returns the method {@code name} of {@code value}; null if it has none. */
    static @Nullable Callable find(Object value, String name) {
        if (value instanceof String text) {
            OfString method = OF_STRINGS.get(name);
            return method == null
                    ? null
                    : (arguments, budget) -> {
                        budget.make(text.length());
                        return method.call(text, arguments, budget);
                    };
        }
        if (value instanceof Map<?, ?> map) {
            return ofMap(map, name);
        }
        return value instanceof List<?> list ? ofList(list, name) : null;
    }

    private static @Nullable Callable ofMap(Map<?, ?> map, String name) {
        return switch (name) {
            case "items" -> (arguments, budget) -> pairs(map);
            case "keys" -> (arguments, budget) -> new ArrayList<>(map.keySet());
            case "values" -> (arguments, budget) -> new ArrayList<>(map.values());
            case "copy" -> (arguments, budget) -> map;
            case "get" ->
                (arguments, budget) -> {
                    Object found = map.get(arguments.required(0, "key"));
                    return found == null ? arguments.get(1, "default", None.NONE) : found;
                };
            case "pop", "update", "setdefault", "clear", "popitem" -> unchangeable(name);
            default -> null;
        };
    }

    private static @Nullable Callable ofList(List<?> list, String name) {
        return switch (name) {
            case "copy" -> (arguments, budget) -> list;
            case "index" ->
                (arguments, budget) -> {
                    Object wanted = arguments.required(0, "value");
                    for (int i = 0; i < list.size(); i++) {
                        if (Values.equal(list.get(i), wanted)) {
                            return (long) i;
                        }
                    }
                    return found(-1L);
                };
            case "count" ->
                (arguments, budget) -> list.stream()
                        .filter(item -> Values.equal(item, arguments.required(0, "value")))
                        .count();
            case "append", "extend", "insert", "pop", "remove", "reverse", "sort", "clear" -> unchangeable(name);
            default -> null;
        };
    }

    private static Callable unchangeable(String name) {
        return (arguments, budget) -> {
            throw new TemplateException("'" + name + "' would change a value");
        };
    }

    static List<Object> pairs(Map<?, ?> map) {
        List<Object> pairs = new ArrayList<>(map.size());
        map.forEach((key, value) -> pairs.add(new Tuple(List.of(key, value))));
        return pairs;
    }

    static IntPredicate stripped(Arguments given) {
        if (given.get(0, "chars", None.NONE) instanceof String characters) {
            return point -> characters.indexOf(point) >= 0;
        }
        return Text::isSpace;
    }

    private static List<Object> split(String text, Arguments given) {
        int max = given.integer(1, "maxsplit", -1);
        int left = max < 0 ? Integer.MAX_VALUE : max;
        List<Object> parts = new ArrayList<>();
        if (!(given.get(0, "sep", None.NONE) instanceof String separator)) {
            return splitAtSpaces(text, left);
        }
        requireSeparator(separator);
        int from = 0;
        for (int at = text.indexOf(separator); at >= 0 && left > 0; at = text.indexOf(separator, from)) {
            parts.add(text.substring(from, at));
            from = at + separator.length();
            left--;
        }
        parts.add(text.substring(from));
        return parts;
    }

    private static List<Object> splitAtSpaces(String text, int max) {
        List<Object> parts = new ArrayList<>();
        String rest = Text.stripStart(text, Text::isSpace);
        while (!rest.isEmpty()) {
            if (parts.size() == max) {
                parts.add(Text.stripEnd(rest, Text::isSpace));
                return parts;
            }
            String after = Text.stripStart(rest, point -> !Text.isSpace(point));
            parts.add(rest.substring(0, rest.length() - after.length()));
            rest = Text.stripStart(after, Text::isSpace);
        }
        return parts;
    }

    private static List<Object> splitFromEnd(String text, Arguments given) {
        int max = given.integer(1, "maxsplit", -1);
        if (max < 0 || !(given.get(0, "sep", None.NONE) instanceof String separator)) {
            return split(text, given);
        }
        requireSeparator(separator);
        List<Object> parts = new ArrayList<>();
        int to = text.length();
        for (int left = max; left > 0; left--) {
            int at = text.lastIndexOf(separator, to - separator.length());
            if (at < 0 || at + separator.length() > to) {
                break;
            }
            parts.add(0, text.substring(at + separator.length(), to));
            to = at;
        }
        parts.add(0, text.substring(0, to));
        return parts;
    }

    private static void requireSeparator(String separator) {
        if (separator.isEmpty()) {
            throw new TemplateException("an empty separator");
        }
    }

    private static List<Object> partition(String text, String separator) {
        requireSeparator(separator);
        int at = text.indexOf(separator);
        return at < 0
                ? List.of(text, "", "")
                : List.of(text.substring(0, at), separator, text.substring(at + separator.length()));
    }

    private static List<Object> partitionFromEnd(String text, String separator) {
        requireSeparator(separator);
        int at = text.lastIndexOf(separator);
        return at < 0
                ? List.of("", "", text)
                : List.of(text.substring(0, at), separator, text.substring(at + separator.length()));
    }

    static List<Object> lines(String text, boolean keepEnds) {
        List<Object> lines = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < text.length(); i++) {
            if (isLineEnd(text.charAt(i))) {
                int end = i;
                if (text.charAt(i) == '\r' && i + 1 < text.length() && text.charAt(i + 1) == '\n') {
                    i++;
                }
                lines.add(text.substring(from, keepEnds ? i + 1 : end));
                from = i + 1;
            }
        }
        if (from < text.length()) {
            lines.add(text.substring(from));
        }
        return lines;
    }

    private static boolean isLineEnd(char next) {
        return (next >= '\n' && next <= '\r')
                || (next >= 0x1c && next <= 0x1e)
                || next == 0x85
                || next == 0x2028
                || next == 0x2029;
    }

    private static boolean anyOf(Arguments given, java.util.function.Predicate<String> test) {
        Object wanted = given.required(0, "prefix");
        if (wanted instanceof List<?> several) {
            return several.stream().anyMatch(one -> test.test(Values.text(one)));
        }
        if (wanted instanceof String one) {
            return test.test(one);
        }
        throw new TemplateException(Values.kind(wanted) + " where a string is expected");
    }

    static Object replace(String text, Arguments given, Budget budget) {
        String old = Values.text(given.required(0, "old"));
        String with = Values.text(given.required(1, "new"));
        int max = given.get(2, "count", None.NONE) instanceof None ? -1 : given.integer(2, "count", -1);
        int left = max < 0 ? Integer.MAX_VALUE : max;
        if (old.isEmpty()) {
            throw new TemplateException("replace: nothing to be replaced");
        }
        StringBuilder replaced = new StringBuilder(text.length());
        int from = 0;
        for (int at = text.indexOf(old); at >= 0 && left > 0; at = text.indexOf(old, from)) {
            budget.make(with.length());
            replaced.append(text, from, at).append(with);
            from = at + old.length();
            left--;
        }
        return replaced.append(text, from, text.length()).toString();
    }

    static String join(String between, List<?> items, Budget budget) {
        StringBuilder joined = new StringBuilder();
        for (int i = 0; i < items.size(); i++) {
            String item = Values.text(items.get(i));
            budget.make(item.length() + (long) between.length());
            joined.append(i == 0 ? "" : between).append(item);
        }
        return joined.toString();
    }

    private static long points(String text, int index) {
        return index < 0 ? -1 : text.codePointCount(0, index);
    }

    private static long found(long index) {
        if (index < 0) {
            throw new TemplateException("index: not found");
        }
        return index;
    }

    private static long count(String text, String part) {
        if (part.isEmpty()) {
            return Text.length(text) + 1L;
        }
        long count = 0;
        for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length())) {
            count++;
        }
        return count;
    }

    private static boolean all(String text, IntPredicate test) {
        return !text.isEmpty() && text.codePoints().allMatch(test);
    }

    private static boolean isCase(String text, IntPredicate wanted, IntPredicate other) {
        return text.codePoints().anyMatch(wanted) && text.codePoints().noneMatch(other);
    }

    private static String padded(String text, int width, String with, Budget budget) {
        int missing = Math.max(0, width - Text.length(text));
        budget.make(missing);
        return with.repeat(missing) + text;
    }
}
