package io.bactrian.tokenizer.jinja;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What may stand behind {@code |}. */
final class Filters {
    /** Makes another value of a value. */
    @FunctionalInterface
    interface Filter {
        Object apply(Object value, Arguments arguments, Budget budget);
    }

    static final Map<String, Filter> CATALOG = catalog();

    private Filters() {}

    private static Map<String, Filter> catalog() {
        Map<String, Filter> all = new LinkedHashMap<>();
        all.put("abs", (value, given, budget) -> Numbers.compare(value, 0L) < 0 ? negated(value) : value);
        all.put("attr", (value, given, budget) -> Values.attribute(value, given.text(0, "name", "")));
        all.put("batch", (value, given, budget) -> batch(Values.items(value), given));
        all.put("capitalize", (value, given, budget) -> Text.capitalize(Values.text(value)));
        all.put("default", Filters::orElse);
        all.put("d", Filters::orElse);
        all.put("dictsort", (value, given, budget) -> sortedPairs(Values.map(value), given));
        all.put("escape", (value, given, budget) -> escape(Values.text(value), budget));
        all.put("e", all.get("escape"));
        all.put("first", (value, given, budget) -> at(Values.items(value), 0));
        all.put("float", (value, given, budget) -> real(value, given.get(0, "default", 0.0)));
        all.put("groupby", Filters::groups);
        all.put("indent", (value, given, budget) -> indent(Values.text(value), given, budget));
        all.put("int", (value, given, budget) -> whole(value, given.get(0, "default", 0L)));
        all.put(
                "items",
                (value, given, budget) -> value instanceof Undefined ? List.of() : Methods.pairs(Values.map(value)));
        all.put(
                "join",
                (value, given, budget) -> Methods.join(
                        given.text(0, "d", ""), attributesOf(value, given.get(1, "attribute", None.NONE)), budget));
        all.put(
                "last",
                (value, given, budget) ->
                        at(Values.items(value), Values.items(value).size() - 1));
        all.put("length", (value, given, budget) -> Values.length(value));
        all.put("count", all.get("length"));
        all.put("list", (value, given, budget) -> new ArrayList<>(Values.items(value)));
        all.put("lower", (value, given, budget) -> Values.text(value).toLowerCase(Locale.ROOT));
        all.put("map", Filters::mapped);
        all.put("max", (value, given, budget) -> extreme(Values.items(value), 1));
        all.put("min", (value, given, budget) -> extreme(Values.items(value), -1));
        all.put("reject", (value, given, budget) -> selected(value, None.NONE, given, false));
        all.put(
                "rejectattr",
                (value, given, budget) -> selected(value, given.required(0, "attribute"), given.after(1), false));
        all.put("replace", (value, given, budget) -> Methods.replace(Values.text(value), given, budget));
        all.put("reverse", (value, given, budget) -> reversed(value));
        all.put("round", (value, given, budget) -> round(value, given));
        all.put("safe", (value, given, budget) -> Values.text(value));
        all.put("select", (value, given, budget) -> selected(value, None.NONE, given, true));
        all.put(
                "selectattr",
                (value, given, budget) -> selected(value, given.required(0, "attribute"), given.after(1), true));
        all.put("sort", (value, given, budget) -> sorted(Values.items(value), given));
        all.put("string", (value, given, budget) -> Values.text(value));
        all.put("sum", (value, given, budget) -> sum(value, given, budget));
        all.put("title", (value, given, budget) -> titled(Values.text(value)));
        all.put("tojson", PythonJson::filter);
        all.put("trim", (value, given, budget) -> Text.strip(Values.text(value), Methods.stripped(given)));
        all.put("truncate", (value, given, budget) -> truncate(Values.text(value), given));
        all.put("unique", (value, given, budget) -> unique(value, given));
        all.put("upper", (value, given, budget) -> Values.text(value).toUpperCase(Locale.ROOT));
        all.put("wordcount", (value, given, budget) -> (long) words(Values.text(value)));
        return Collections.unmodifiableMap(all);
    }

    private static Object negated(Object value) {
        return Numbers.calculate("-", 0L, value);
    }

    private static Object orElse(Object value, Arguments given, Budget budget) {
        boolean falseToo = given.flag(1, "boolean", false);
        boolean absent = value instanceof Undefined || (falseToo && !Values.isTrue(value));
        return absent ? given.get(0, "default_value", "") : value;
    }

    private static Object at(List<?> items, int index) {
        return items.isEmpty() ? new Undefined("an item of an empty list") : items.get(index);
    }

    private static List<Object> batch(List<?> items, Arguments given) {
        int size = given.integer(0, "linecount", 1);
        if (size < 1) {
            throw new TemplateException("batch: a size below 1");
        }
        List<Object> batches = new ArrayList<>();
        for (int from = 0; from < items.size(); from += size) {
            batches.add(new ArrayList<>(items.subList(from, Math.min(items.size(), from + size))));
        }
        return batches;
    }

    /** Follows a path of names such as {@code function.name}. */
    private static Object follow(Object value, Object path) {
        return follow(value, path, null);
    }

    private static Object follow(Object value, Object path, @Nullable Object absent) {
        if (path instanceof None) {
            return value;
        }
        if (!(path instanceof String names)) {
            return Values.item(value, path);
        }
        Object found = value;
        for (String name : names.split("\\.", -1)) {
            found = name.matches("\\d{1,9}") ? Values.item(found, Long.valueOf(name)) : Values.item(found, name);
            found = found instanceof Undefined && absent != null ? absent : found;
        }
        return found;
    }

    private static List<Object> attributesOf(Object value, Object path) {
        List<Object> attributes = new ArrayList<>();
        for (Object item : Values.items(value)) {
            attributes.add(follow(item, path));
        }
        return attributes;
    }

    private static Object mapped(Object value, Arguments given, Budget budget) {
        if (given.has(0, "filter")) {
            Filter filter = named(CATALOG, given.text(0, "filter", ""), "filter");
            List<Object> mapped = new ArrayList<>();
            for (Object item : Values.items(value)) {
                budget.step();
                mapped.add(filter.apply(item, given.after(1), budget));
            }
            return mapped;
        }
        Object path = given.named().getOrDefault("attribute", None.NONE);
        Object absent = given.named().get("default");
        List<Object> attributes = new ArrayList<>();
        for (Object item : Values.items(value)) {
            attributes.add(follow(item, path, absent));
        }
        return attributes;
    }

    private static List<Object> selected(Object value, Object path, Arguments given, boolean wanted) {
        Tests.Test test = given.positional().isEmpty()
                ? (item, none) -> Values.isTrue(item)
                : named(Tests.CATALOG, Values.text(given.positional().get(0)), "test");
        List<Object> selected = new ArrayList<>();
        for (Object item : Values.items(value)) {
            if (test.isSo(follow(item, path), given.after(1)) == wanted) {
                selected.add(item);
            }
        }
        return selected;
    }

    static <T> T named(Map<String, T> catalog, String name, String kind) {
        T found = catalog.get(name);
        if (found == null) {
            throw new TemplateException(kind + " '" + name + "' is not known");
        }
        return found;
    }

    private static List<Object> sorted(List<?> items, Arguments given) {
        Object path = given.get(2, "attribute", None.NONE);
        List<Object> sorted = new ArrayList<>(items);
        sorted.sort(order(path, given.flag(1, "case_sensitive", false)));
        if (given.flag(0, "reverse", false)) {
            Collections.reverse(sorted);
        }
        return sorted;
    }

    private static Comparator<Object> order(Object path, boolean caseMatters) {
        return (one, other) ->
                Values.compare("<", cased(follow(one, path), caseMatters), cased(follow(other, path), caseMatters));
    }

    private static Object cased(Object value, boolean caseMatters) {
        return !caseMatters && value instanceof String text ? text.toLowerCase(Locale.ROOT) : value;
    }

    private static List<Object> sortedPairs(Map<?, ?> map, Arguments given) {
        long by = given.text(1, "by", "key").equals("value") ? 1 : 0;
        List<Object> pairs = Methods.pairs(map);
        pairs.sort(order(by, given.flag(0, "case_sensitive", false)));
        if (given.flag(2, "reverse", false)) {
            Collections.reverse(pairs);
        }
        return pairs;
    }

    private static Object groups(Object value, Arguments given, Budget budget) {
        Object path = given.required(0, "attribute");
        List<Object> sorted = new ArrayList<>(Values.items(value));
        sorted.sort(order(path, false));
        List<Object> groups = new ArrayList<>();
        List<Object> members = new ArrayList<>();
        for (Object item : sorted) {
            Object key = follow(item, path);
            if (members.isEmpty() || !Values.equal(follow(members.get(0), path), key)) {
                members = new ArrayList<>();
                groups.add(new Tuple(List.of(key, members)));
            }
            members.add(item);
        }
        return groups;
    }

    private static Object extreme(List<?> items, int sign) {
        Object best = at(items, 0);
        for (Object item : items) {
            if (Values.compare("<", cased(item, false), cased(best, false)) * sign > 0) {
                best = item;
            }
        }
        return best;
    }

    private static Object reversed(Object value) {
        if (value instanceof String text) {
            return Values.slice(text, None.NONE, None.NONE, -1L);
        }
        List<Object> reversed = new ArrayList<>(Values.items(value));
        Collections.reverse(reversed);
        return reversed;
    }

    private static Object round(Object value, Arguments given) {
        RoundingMode mode =
                switch (given.text(1, "method", "common")) {
                    case "ceil" -> RoundingMode.CEILING;
                    case "floor" -> RoundingMode.FLOOR;
                    default -> RoundingMode.HALF_EVEN;
                };
        int digits = Math.max(-300, Math.min(300, given.integer(0, "precision", 0)));
        double real = Numbers.real(value);
        return Double.isFinite(real)
                ? new BigDecimal(real).setScale(digits, mode).doubleValue()
                : real;
    }

    private static Object whole(Object value, Object absent) {
        if (value instanceof Double real && !real.isNaN() && !real.isInfinite()) {
            return Numbers.small(new BigDecimal(real).toBigInteger());
        }
        if (Numbers.isWhole(value) || value instanceof Boolean) {
            return Numbers.small(Numbers.big(value));
        }
        Object parsed = value instanceof String text ? real(text, None.NONE) : None.NONE;
        return parsed instanceof Double ? whole(parsed, absent) : absent;
    }

    private static Object real(Object value, Object absent) {
        if (Numbers.isNumber(value)) {
            return Numbers.real(value);
        }
        try {
            return value instanceof String text ? (Object) Double.valueOf(text.strip()) : absent;
        } catch (NumberFormatException e) {
            return absent;
        }
    }

    private static Object sum(Object value, Arguments given, Budget budget) {
        Object sum = given.get(1, "start", 0L);
        for (Object item : attributesOf(value, given.get(0, "attribute", None.NONE))) {
            sum = Values.calculate("+", sum, item, budget);
        }
        return sum;
    }

    /** As Jinja has it, which begins a word at spaces, signs and brackets, and not as a string's own method. */
    private static String titled(String text) {
        StringBuilder titled = new StringBuilder(text.length());
        boolean begins = true;
        for (int i = 0; i < text.length(); ) {
            int point = text.codePointAt(i);
            titled.appendCodePoint(begins ? Character.toTitleCase(point) : Character.toLowerCase(point));
            begins = Text.isSpace(point) || "-({[<".indexOf(point) >= 0;
            i += Character.charCount(point);
        }
        return titled.toString();
    }

    private static String truncate(String text, Arguments given) {
        int length = given.integer(0, "length", 255);
        String end = given.text(2, "end", "...");
        int leeway = given.get(3, "leeway", None.NONE) instanceof None ? 5 : given.integer(3, "leeway", 5);
        if (Text.length(text) <= length + leeway) {
            return text;
        }
        int kept = Math.max(0, length - Text.length(end));
        String cut = text.substring(0, Text.offset(text, Math.min(kept, Text.length(text))));
        int space = cut.lastIndexOf(' ');
        return (given.flag(1, "killwords", false) || space < 0 ? cut : cut.substring(0, space)) + end;
    }

    private static List<Object> unique(Object value, Arguments given) {
        Object path = given.get(1, "attribute", None.NONE);
        boolean caseMatters = given.flag(0, "case_sensitive", false);
        Map<Object, Object> first = new LinkedHashMap<>();
        for (Object item : Values.items(value)) {
            first.putIfAbsent(cased(follow(item, path), caseMatters), item);
        }
        return new ArrayList<>(first.values());
    }

    private static int words(String text) {
        int words = 0;
        boolean inside = false;
        for (int i = 0; i < text.length(); i++) {
            boolean letter = Character.isLetterOrDigit(text.charAt(i)) || text.charAt(i) == '_';
            words += letter && !inside ? 1 : 0;
            inside = letter;
        }
        return words;
    }

    private static String escape(String text, Budget budget) {
        String escaped = text.replace("&", "&amp;")
                .replace(">", "&gt;")
                .replace("<", "&lt;")
                .replace("'", "&#39;")
                .replace("\"", "&#34;");
        budget.make(escaped.length());
        return escaped;
    }

    private static String indent(String text, Arguments given, Budget budget) {
        Object width = given.get(0, "width", 4L);
        String by = width instanceof String written ? written : " ".repeat(Math.max(0, Numbers.index(width)));
        boolean first = given.flag(1, "first", false);
        boolean blank = given.flag(2, "blank", false);
        List<Object> lines = Methods.lines(text + "\n", false);
        StringBuilder indented = new StringBuilder();
        for (int i = 0; i < lines.size(); i++) {
            String line = (String) lines.get(i);
            boolean moves = i == 0 ? first : blank || !line.isEmpty();
            budget.make(line.length() + (long) by.length());
            indented.append(i == 0 ? "" : "\n").append(moves ? by : "").append(line);
        }
        return indented.toString();
    }
}
