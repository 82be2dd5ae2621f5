package io.bactrian.engine;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which series of a metric page are meant.
 *
 * @param name the metric
 * @param labels what its labels must be, all of them
 */
public record MetricSpec(String name, Map<String, String> labels) {
    private static final Pattern WHOLE = Pattern.compile("\\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\\s*(?:\\{(.*)})?\\s*");
    private static final Pattern PAIR = Pattern.compile(
            "\\s*([a-zA-Z_][a-zA-Z0-9_]*)\\s*=\\s*(?:\"([^\"]*)\"|([^\",{}]*?))\\s*(?:,|$)", Pattern.DOTALL);

    public MetricSpec {
        labels = Map.copyOf(labels);
    }

    /**
     * Reads {@code name} or {@code name{label=value,label2="value"}}, as llm-d writes it.
     *
     * @throws IllegalArgumentException saying what is wrong with {@code text}
     */
    public static MetricSpec parse(String text) {
        Matcher whole = WHOLE.matcher(text);
        if (!whole.matches()) {
            throw new IllegalArgumentException(text + " (expected: a metric, such as name or name{label=value})");
        }
        Map<String, String> labels = new LinkedHashMap<>();
        String pairs = whole.group(2);
        if (pairs != null && !pairs.isBlank()) {
            readPairs(text, pairs, labels);
        }
        return new MetricSpec(whole.group(1), labels);
    }

    private static void readPairs(String text, String pairs, Map<String, String> labels) {
        Matcher pair = PAIR.matcher(pairs);
        int at = 0;
        while (at < pairs.length()) {
            if (!pair.find(at) || pair.start() != at) {
                throw new IllegalArgumentException(
                        text + " (expected: label=value in place of " + pairs.substring(at) + ")");
            }
            String quoted = pair.group(2);
            labels.put(pair.group(1), quoted == null ? pair.group(3) : quoted);
            at = pair.end();
        }
    }
}
