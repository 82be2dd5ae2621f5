package io.bactrian.tokenizer.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code callee(arguments)}. */
record Call(Expression callee, Given given) implements Expression {
    /**
     * Arguments as they are written.
     *
     * @param lists of {@code *list}
     * @param maps of {@code **map}
     */
    record Given(
            List<Expression> positional, Map<String, Expression> named, List<Expression> lists, List<Expression> maps) {
        static final Given NOTHING = new Given(List.of(), Map.of(), List.of(), List.of());

        Arguments valuesIn(Scope scope) {
            List<Object> values = new ArrayList<>(positional.size());
            positional.forEach(one -> values.add(one.valueIn(scope)));
            lists.forEach(list -> values.addAll(Values.items(list.valueIn(scope))));
            Map<String, Object> byName = new LinkedHashMap<>();
            named.forEach((name, one) -> byName.put(name, one.valueIn(scope)));
            maps.forEach(map ->
                    Values.map(map.valueIn(scope)).forEach((name, value) -> byName.put(Values.text(name), value)));
            return new Arguments(values, byName);
        }
    }

    @Override
    public Object valueIn(Scope scope) {
        return call(scope, given.valuesIn(scope));
    }

    /** Calls with {@code caller} as what stands in the block of a {@code call} tag. */
    Object valueIn(Scope scope, Macro caller) {
        Arguments values = given.valuesIn(scope);
        values.named().put("caller", caller);
        return call(scope, values);
    }

    private Object call(Scope scope, Arguments values) {
        scope.budget().step();
        Object called = callee.valueIn(scope);
        if (called instanceof Callable callable) {
            return callable.call(values, scope.budget());
        }
        throw called instanceof Undefined undefined
                ? undefined.error()
                : new TemplateException(Values.kind(called) + " cannot be called");
    }
}
