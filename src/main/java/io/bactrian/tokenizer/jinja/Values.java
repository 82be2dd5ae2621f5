package io.bactrian.tokenizer.jinja;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Python's rules for values: what is true, equal, smaller, contained. A value is a {@link String}, {@link Boolean}, number (see {@link
 * Numbers}), {@link List}, {@link Map}, {@link None}, {@link Undefined}, {@link Callable} or {@link Attributed}.
 */
final class Values {
    private Values() {}

    static boolean isTrue(Object value) {
        if (value instanceof Boolean flag) {
            return flag;
        }
        if (value instanceof String text) {
            return !text.isEmpty();
        }
        if (value instanceof List<?> list) {
            return !list.isEmpty();
        }
        if (value instanceof Map<?, ?> map) {
            return !map.isEmpty();
        }
        if (Numbers.isNumber(value)) {
            return Numbers.real(value) != 0;
        }
        return !(value instanceof None || value instanceof Undefined);
    }

    /** Returns what is printed for a value. */
    static String text(Object value) {
        if (value instanceof String text) {
            return text;
        }
        return value instanceof Undefined ? "" : Literals.write(value);
    }

    /** Returns the name of a value's type, for messages: they never hold the value. */
    static String kind(Object value) {
        if (value instanceof Undefined undefined) {
            return undefined.what() + ", which is undefined,";
        }
        if (value instanceof String) {
            return "a string";
        }
        if (value instanceof List) {
            return "a list";
        }
        if (value instanceof Map) {
            return "a dictionary";
        }
        if (value instanceof None) {
            return "none";
        }
        return value instanceof Boolean ? "a boolean" : Numbers.isNumber(value) ? "a number" : "an object";
    }

    static TemplateException unsuited(String operator, Object left, Object right) {
        if (left instanceof Undefined undefined) {
            return undefined.error();
        }
        if (right instanceof Undefined undefined) {
            return undefined.error();
        }
        return new TemplateException("'" + operator + "' between " + kind(left) + " and " + kind(right));
    }

    static boolean equal(Object left, Object right) {
        if (Numbers.isNumber(left) && Numbers.isNumber(right)) {
            return Numbers.equal(left, right);
        }
        if (left instanceof List<?> one && right instanceof List<?> other) {
            return one.size() == other.size() && equalItems(one.iterator(), other.iterator());
        }
        if (left instanceof Map<?, ?> one && right instanceof Map<?, ?> other) {
            return one.size() == other.size()
                    && one.entrySet().stream().allMatch(entry -> {
                        Object value = other.get(entry.getKey());
                        return value != null && equal(entry.getValue(), value);
                    });
        }
        if (left instanceof Undefined && right instanceof Undefined) {
            return true;
        }
        return left.equals(right);
    }

    private static boolean equalItems(Iterator<?> one, Iterator<?> other) {
        while (one.hasNext()) {
            if (!equal(one.next(), other.next())) {
                return false;
            }
        }
        return true;
    }

    static int compare(String operator, Object left, Object right) {
        if (Numbers.isNumber(left) && Numbers.isNumber(right)) {
            return Numbers.compare(left, right);
        }
        if (left instanceof String one && right instanceof String other) {
            return Text.compare(one, other);
        }
        if (left instanceof List<?> one && right instanceof List<?> other) {
            for (int i = 0; i < Math.min(one.size(), other.size()); i++) {
                if (!equal(one.get(i), other.get(i))) {
                    return compare(operator, one.get(i), other.get(i));
                }
            }
            return Integer.compare(one.size(), other.size());
        }
        throw unsuited(operator, left, right);
    }

    static boolean contains(Object container, Object value) {
        if (container instanceof String text) {
            if (value instanceof String part) {
                return text.contains(part);
            }
            throw unsuited("in", value, container);
        }
        if (container instanceof Map<?, ?> map) {
            return map.containsKey(value);
        }
        for (Object item : items(container)) {
            if (equal(item, value)) {
                return true;
            }
        }
        return false;
    }

    static boolean isIterable(Object value) {
        return value instanceof String || value instanceof List || value instanceof Map || value instanceof Undefined;
    }

    /** Returns what a loop over {@code value} goes through. */
    static List<?> items(Object value) {
        if (value instanceof List<?> list) {
            return list;
        }
        if (value instanceof Map<?, ?> map) {
            return new ArrayList<>(map.keySet());
        }
        if (value instanceof String text) {
            return Text.characters(text);
        }
        if (value instanceof Undefined) {
            return List.of();
        }
        throw new TemplateException(kind(value) + " cannot be gone through");
    }

    static Map<?, ?> map(Object value) {
        if (value instanceof Map<?, ?> map) {
            return map;
        }
        throw new TemplateException(kind(value) + " where a dictionary is expected");
    }

    static long length(Object value) {
        if (value instanceof String text) {
            return Text.length(text);
        }
        if (value instanceof Map<?, ?> map) {
            return map.size();
        }
        if (isIterable(value)) {
            return items(value).size();
        }
        throw new TemplateException(kind(value) + " has no length");
    }

    /** Returns {@code value.name}: a method before a key of the same name, as Python finds them. */
    static Object attribute(Object value, String name) {
        if (value instanceof Undefined undefined) {
            throw undefined.error();
        }
        if (value instanceof Attributed object) {
            return object.attribute(name);
        }
        Callable method = Methods.find(value, name);
        if (method != null) {
            return method;
        }
        return value instanceof Map<?, ?> map ? entry(map, name) : missing(value, name);
    }

    /** Returns {@code value[key]}: a key before a method of the same name. */
    static Object item(Object value, Object key) {
        if (value instanceof Undefined undefined) {
            throw undefined.error();
        }
        if (value instanceof Map<?, ?> map && map.containsKey(key)) {
            return Objects.requireNonNull(map.get(key));
        }
        if (value instanceof List<?> list && Numbers.isWhole(key)) {
            int index = Numbers.index(key);
            int from = index < 0 ? index + list.size() : index;
            return from >= 0 && from < list.size() ? list.get(from) : new Undefined("item " + index + " of a list");
        }
        if (value instanceof String text && Numbers.isWhole(key)) {
            int length = Text.length(text);
            int index = Numbers.index(key);
            int from = index < 0 ? index + length : index;
            return from >= 0 && from < length
                    ? Character.toString(text.codePointAt(Text.offset(text, from)))
                    : new Undefined("item " + index + " of a string");
        }
        if (key instanceof String name) {
            return attribute(value, name);
        }
        return missing(value, text(key));
    }

    private static Object entry(Map<?, ?> map, String name) {
        Object found = map.get(name);
        return found == null ? missing(map, name) : found;
    }

    private static Undefined missing(Object value, String name) {
        return new Undefined("'" + name + "' of " + kind(value));
    }

    /** Returns {@code value[from:to:step]}; what is left out is {@link None}. */
    static Object slice(Object value, Object from, Object to, Object step) {
        if (value instanceof Undefined undefined) {
            throw undefined.error();
        }
        if (value instanceof String text) {
            if (step instanceof None && text.length() == Text.length(text)) {
                int start = bound(from, text.length(), 0, 0, text.length());
                int end = bound(to, text.length(), text.length(), 0, text.length());
                return start < end ? text.substring(start, end) : "";
            }
            StringBuilder slice = new StringBuilder();
            sliceOf(Text.characters(text), from, to, step).forEach(slice::append);
            return slice.toString();
        }
        if (value instanceof List<?> list) {
            return sliceOf(list, from, to, step);
        }
        throw new TemplateException("a slice of " + kind(value));
    }

    private static List<Object> sliceOf(List<?> list, Object from, Object to, Object step) {
        int by = step instanceof None ? 1 : Numbers.index(step);
        if (by == 0) {
            throw new TemplateException("a slice whose step is 0");
        }
        int size = list.size();
        int lowest = by > 0 ? 0 : -1;
        int highest = by > 0 ? size : size - 1;
        int start = bound(from, size, by > 0 ? 0 : size - 1, lowest, highest);
        int end = bound(to, size, by > 0 ? size : -1, lowest, highest);
        List<Object> slice = new ArrayList<>();
        for (long i = start; by > 0 ? i < end : i > end; i += by) {
            slice.add(list.get((int) i));
        }
        return slice;
    }

    private static int bound(Object given, int size, int absent, int lowest, int highest) {
        if (given instanceof None) {
            return absent;
        }
        int index = Numbers.index(given);
        return Math.max(lowest, Math.min(highest, index < 0 ? index + size : index));
    }

    /** Returns {@code left + right}, {@code left * right} and so on. */
    static Object calculate(String operator, Object left, Object right, Budget budget) {
        if (operator.equals("+") && left instanceof String one && right instanceof String other) {
            budget.make(one.length() + (long) other.length());
            return one + other;
        }
        if (operator.equals("+") && left instanceof List<?> one && right instanceof List<?> other) {
            budget.make(one.size() + (long) other.size());
            List<Object> both = new ArrayList<>(one);
            both.addAll(other);
            return both;
        }
        if (operator.equals("*") && left instanceof String text && Numbers.isWhole(right)) {
            int times = Math.max(0, Numbers.index(right));
            budget.make((long) times * text.length());
            return text.repeat(times);
        }
        return Numbers.calculate(operator, left, right);
    }
}
