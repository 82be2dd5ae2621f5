package io.bactrian.config;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Turns the text of a property into the type of a record's component, and back for the documentation. */
final class SettingValues {
    private static final Pattern AMOUNT = Pattern.compile("(\\d+)\\s*([A-Za-z]*)");
    private static final Map<String, Long> NANOS_PER_UNIT =
            Map.of("ms", 1_000_000L, "s", 1_000_000_000L, "m", 60_000_000_000L, "h", 3_600_000_000_000L);
    private static final Map<String, Long> BYTES_PER_UNIT =
            Map.of("", 1L, "b", 1L, "kib", 1L << 10, "mib", 1L << 20, "gib", 1L << 30);

    private SettingValues() {}

    /** Returns {@code text} as a {@code type}; throws IllegalArgumentException saying what is expected. */
    static Object parse(Type type, String text) {
        String value = text.strip();
        if (type == String.class) {
            return value;
        }
        if (type == int.class) {
            return Math.toIntExact(amount(value, BYTES_PER_UNIT, "a whole number, for bytes with KiB, MiB or GiB"));
        }
        if (type == long.class) {
            return amount(value, BYTES_PER_UNIT, "a whole number, for bytes with KiB, MiB or GiB");
        }
        if (type == double.class) {
            return Double.parseDouble(value);
        }
        if (type == boolean.class) {
            return parseBoolean(value);
        }
        if (type == Duration.class) {
            return Duration.ofNanos(amount(value, NANOS_PER_UNIT, "a duration such as 50ms, 30s, 5m or 2h"));
        }
        if (type instanceof ParameterizedType list && list.getRawType() == List.class) {
            return Arrays.stream(value.split(","))
                    .map(String::strip)
                    .filter(item -> !item.isEmpty())
                    .toList();
        }
        throw new IllegalStateException("no way to read a setting of type " + type);
    }

    private static boolean parseBoolean(String value) {
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException("true or false");
        };
    }

    private static long amount(String value, Map<String, Long> units, String expected) {
        Matcher matcher = AMOUNT.matcher(value);
        Long unit = matcher.matches() ? units.get(matcher.group(2).toLowerCase(Locale.ROOT)) : null;
        if (unit == null) {
            throw new IllegalArgumentException(expected);
        }
        return Math.multiplyExact(Long.parseLong(matcher.group(1)), unit);
    }

    /** Returns the {@code value} of {@code component} as one would write it into a properties file. */
    static String show(String component, Object value) {
        if (value instanceof Duration duration) {
            return showDuration(duration);
        }
        if (value instanceof List<?> list) {
            return String.join(",", list.stream().map(String::valueOf).toList());
        }
        if (value instanceof Number number && component.endsWith("Bytes")) {
            return showSize(number.longValue());
        }
        return String.valueOf(value);
    }

    private static String showDuration(Duration duration) {
        long millis = duration.toMillis();
        if (millis > 0 && millis % 3_600_000 == 0) {
            return millis / 3_600_000 + "h";
        }
        if (millis > 0 && millis % 60_000 == 0) {
            return millis / 60_000 + "m";
        }
        return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
    }

    private static String showSize(long number) {
        if (number >= 1 << 20 && number % (1 << 20) == 0) {
            return (number >> 20) + "MiB";
        }
        return number >= 1 << 10 && number % (1 << 10) == 0 ? (number >> 10) + "KiB" : Long.toString(number);
    }
}
