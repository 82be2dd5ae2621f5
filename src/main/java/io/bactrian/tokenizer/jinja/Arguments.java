package io.bactrian.tokenizer.jinja;

import java.util.List;
import java.util.Map;

/** What a filter, a test, a method or a macro is called with. */
record Arguments(List<Object> positional, Map<String, Object> named) {
    static final Arguments NONE = new Arguments(List.of(), Map.of());

    static Arguments of(Object... positional) {
        return new Arguments(List.of(positional), Map.of());
    }

    /** Returns the argument at {@code index}, which may also be given by its name. */
    Object get(int index, String name, Object absent) {
        if (index < positional.size()) {
            return positional.get(index);
        }
        return named.getOrDefault(name, absent);
    }

    Object required(int index, String name) {
        Object value = get(index, name, None.class);
        if (value == None.class) {
            throw new TemplateException("argument '" + name + "' is missing");
        }
        return value;
    }

    String text(int index, String name, String absent) {
        return Values.text(get(index, name, absent));
    }

    int integer(int index, String name, int absent) {
        return Numbers.index(get(index, name, (long) absent));
    }

    boolean flag(int index, String name, boolean absent) {
        return Values.isTrue(get(index, name, absent));
    }

    boolean has(int index, String name) {
        return index < positional.size() || named.containsKey(name);
    }

    /** Returns the arguments after the first {@code count} positional ones. */
    Arguments after(int count) {
        return new Arguments(positional.subList(Math.min(count, positional.size()), positional.size()), named);
    }
}
