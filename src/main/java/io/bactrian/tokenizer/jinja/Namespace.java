package io.bactrian.tokenizer.jinja;

import java.util.LinkedHashMap;
import java.util.Map;

/** An object whose attributes a template may set from inside loops: {@code namespace(count=0)}. */
final class Namespace implements Attributed {
    private final Map<String, Object> attributes = new LinkedHashMap<>();

    Namespace(Arguments given) {
        for (Object map : given.positional()) {
            Values.map(map).forEach((key, value) -> set(String.valueOf(key), value));
        }
        given.named().forEach(this::set);
    }

    @Override
    public Object attribute(String name) {
        Object value = attributes.get(name);
        return value == null ? new Undefined("namespace has no '" + name + "', which") : value;
    }

    void set(String name, Object value) {
        attributes.put(name, value);
    }
}
