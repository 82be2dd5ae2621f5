package io.bactrian.tokenizer.jinja;

import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The functions that every chat template can call. */
final class Functions {
    /** A code of {@code strftime}; with {@code -} it has no zeros in front. */
    private static final Pattern DATE = Pattern.compile("%(-?)(.)", Pattern.DOTALL);

    private static final Map<Character, String> DATES = Map.ofEntries(
            Map.entry('Y', "yyyy"),
            Map.entry('y', "yy"),
            Map.entry('m', "MM"),
            Map.entry('d', "dd"),
            Map.entry('B', "MMMM"),
            Map.entry('b', "MMM"),
            Map.entry('A', "EEEE"),
            Map.entry('a', "EEE"),
            Map.entry('H', "HH"),
            Map.entry('I', "hh"),
            Map.entry('M', "mm"),
            Map.entry('S', "ss"),
            Map.entry('f', "SSSSSS"),
            Map.entry('p', "a"),
            Map.entry('j', "DDD"),
            Map.entry('F', "yyyy-MM-dd"),
            Map.entry('T', "HH:mm:ss"));

    private Functions() {}

    static Map<String, Callable> catalog(Supplier<ZonedDateTime> now) {
        return Map.of(
                "raise_exception",
                (given, budget) -> {
                    throw new TemplateException("the template refuses: " + given.text(0, "message", ""));
                },
                "strftime_now",
                (given, budget) -> date(now.get(), given.text(0, "format", "")),
                "namespace",
                (given, budget) -> new Namespace(given),
                "dict",
                (given, budget) -> dictionary(given),
                "range",
                (given, budget) -> range(given.positional(), budget));
    }

    private static String date(ZonedDateTime now, String format) {
        return DATE.matcher(format).replaceAll(code -> Matcher.quoteReplacement(date(now, code)));
    }

    private static String date(ZonedDateTime now, MatchResult code) {
        if (code.group(2).equals("%")) {
            return "%";
        }
        String pattern = DATES.get(code.group(2).charAt(0));
        if (pattern == null) {
            throw new TemplateException("strftime_now: '" + code.group() + "' is not known");
        }
        String written = DateTimeFormatter.ofPattern(pattern, Locale.US).format(now);
        return code.group(1).isEmpty() ? written : written.replaceFirst("^0+(?=.)", "");
    }

    private static Map<Object, Object> dictionary(Arguments given) {
        Map<Object, Object> made = new LinkedHashMap<>();
        for (Object from : given.positional()) {
            if (from instanceof Map<?, ?> map) {
                made.putAll(map);
            } else {
                Values.items(from).forEach(pair -> made.put(Values.item(pair, 0L), Values.item(pair, 1L)));
            }
        }
        made.putAll(given.named());
        return made;
    }

    private static List<Object> range(List<Object> given, Budget budget) {
        if (given.isEmpty() || given.size() > 3) {
            throw new TemplateException("range: one to three numbers are expected");
        }
        long from = given.size() == 1 ? 0 : Numbers.index(given.get(0));
        long to = Numbers.index(given.get(given.size() == 1 ? 0 : 1));
        long by = given.size() == 3 ? Numbers.index(given.get(2)) : 1;
        if (by == 0) {
            throw new TemplateException("range: a step of 0");
        }
        budget.make(Math.max(0, (to - from) / by));
        List<Object> range = new ArrayList<>();
        for (long i = from; by > 0 ? i < to : i > to; i += by) {
            range.add(i);
        }
        return range;
    }
}
