package io.bactrian.scheduling;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The {@code parameters} of one plug-in in the configuration, read by name and type.
 *
 * <p>Every complaint names the path, the value and what was expected. {@link #rejectUnread} finds misspelt names.
 */
public final class PluginParameters {
    private final String pluginName;
    private final String path;
    private final Map<String, Object> values;
    private final Set<String> read = new HashSet<>();
    private final List<PluginParameters> nested = new ArrayList<>();

    /**
     * @param pluginName the name of the instance
     * @param path where the parameters stand, such as {@code plugins[2].parameters}
     * @param values numbers, strings, booleans, lists and maps, as a YAML or JSON reader gives them
     */
    public PluginParameters(String pluginName, String path, Map<String, Object> values) {
        this.pluginName = pluginName;
        this.path = path;
        this.values = Map.copyOf(values);
    }

    /** Returns the name of the plug-in instance these are for. */
    public String pluginName() {
        return pluginName;
    }

    /** Tells whether {@code name} is given, without reading it. */
    public boolean has(String name) {
        return values.containsKey(name);
    }

    /** Returns an integer from {@code min} to {@code max}. */
    public int integer(String name, int absent, int min, int max) {
        Object value = take(name);
        if (value == null) {
            return absent;
        }
        String expected = "an integer from " + min + " to " + max;
        if (!(value instanceof Integer || value instanceof Long || value instanceof Short || value instanceof Byte)) {
            throw wrong(name, value, expected);
        }
        long number = ((Number) value).longValue();
        if (number < min || number > max) {
            throw wrong(name, value, expected);
        }
        return (int) number;
    }

    /** Returns a number from {@code min} to {@code max}. */
    public double number(String name, double absent, double min, double max) {
        Object value = take(name);
        if (value == null) {
            return absent;
        }
        if (value instanceof Number number && number.doubleValue() >= min && number.doubleValue() <= max) {
            return number.doubleValue();
        }
        throw wrong(name, value, "a number from " + min + " to " + max);
    }

    /** Returns true or false. */
    public boolean flag(String name, boolean absent) {
        Object value = take(name);
        if (value == null) {
            return absent;
        }
        if (value instanceof Boolean flag) {
            return flag;
        }
        throw wrong(name, value, "true or false");
    }

    /** Returns a string. */
    public String text(String name, String absent) {
        Object value = take(name);
        if (value == null) {
            return absent;
        }
        if (value instanceof String text) {
            return text;
        }
        throw wrong(name, value, "a string");
    }

    /** Returns a list of strings. */
    public List<String> texts(String name) {
        return items(name, "a list of strings").stream()
                .map(item -> {
                    if (item instanceof String text) {
                        return text;
                    }
                    throw wrong(name, item, "a list of strings");
                })
                .toList();
    }

    /** Returns the parameters inside {@code name}; none if it is not given. */
    public PluginParameters object(String name) {
        Object value = take(name);
        return nested(name, value == null ? Map.of() : value);
    }

    /** Returns the parameters inside each item of the list {@code name}. */
    public List<PluginParameters> objects(String name) {
        List<?> items = items(name, "a list of objects");
        List<PluginParameters> objects = new ArrayList<>();
        for (int i = 0; i < items.size(); i++) {
            objects.add(nested(name + "[" + i + "]", items.get(i)));
        }
        return objects;
    }

    /** Returns strings by their names, which are free. */
    public Map<String, String> map(String name) {
        PluginParameters inside = object(name);
        Map<String, String> map = new LinkedHashMap<>();
        for (String key : inside.values.keySet()) {
            map.put(key, inside.text(key, ""));
        }
        return map;
    }

    private List<?> items(String name, String expected) {
        Object value = take(name);
        if (value == null) {
            return List.of();
        }
        if (value instanceof List<?> items) {
            return items;
        }
        throw wrong(name, value, expected);
    }

    private PluginParameters nested(String name, Object value) {
        if (!(value instanceof Map<?, ?> inside)) {
            throw wrong(name, value, "an object");
        }
        Map<String, Object> named = new LinkedHashMap<>();
        inside.forEach((key, item) -> named.put(String.valueOf(key), item));
        PluginParameters parameters = new PluginParameters(pluginName, path + "." + name, named);
        nested.add(parameters);
        return parameters;
    }

    /** Returns one of {@code choices}. */
    public String choice(String name, String absent, List<String> choices) {
        String value = text(name, absent);
        if (!choices.contains(value)) {
            throw wrong(name, value, "one of " + choices);
        }
        return value;
    }

    /** Returns a duration of more than nothing, written as Go does: {@code 200ms}, {@code 1m30s}, {@code 1.5h}. */
    public Duration duration(String name, Duration absent) {
        Object value = take(name);
        if (value == null) {
            return absent;
        }
        Duration duration = value instanceof String text ? GoDuration.parse(text) : Duration.ZERO;
        if (duration.isZero()) {
            throw wrong(name, value, "a duration above 0, such as 200ms, 30s or 1m30s");
        }
        return duration;
    }

    /** Returns a string that must be given. */
    public String requiredText(String name) {
        String value = text(name, "");
        if (value.isEmpty()) {
            throw wrong(name, has(name) ? "empty" : "missing", "a string");
        }
        return value;
    }

    /** Returns the complaint that {@code name} has {@code value}. */
    public IllegalArgumentException wrong(String name, Object value, String expected) {
        return new IllegalArgumentException(path + "." + name + ": " + value + " (expected: " + expected + ")");
    }

    /** Throws when a parameter was given that the plug-in has not read. */
    public void rejectUnread() {
        nested.forEach(PluginParameters::rejectUnread);
        Set<String> unread = new TreeSet<>(values.keySet());
        unread.removeAll(read);
        if (!unread.isEmpty()) {
            throw new IllegalArgumentException(path + "." + unread.iterator().next() + ": unknown (expected: "
                    + (read.isEmpty() ? "no parameters" : "one of " + new TreeSet<>(read)) + ")");
        }
    }

    private @Nullable Object take(String name) {
        read.add(name);
        return values.get(name);
    }
}
