package io.bactrian.tokenizer.jinja;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A part of a template that is called by name, with arguments; also what stands in a {@code call} block. */
final class Macro implements Callable {
    /** @param value what it is if it is not given; null if it is undefined then */
    record Parameter(String name, @Nullable Expression value) {}

    private final String name;
    private final List<Parameter> parameters;
    private final Statement body;
    private final Scope around;

    Macro(String name, List<Parameter> parameters, Statement body, Scope around) {
        this.name = name;
        this.parameters = parameters;
        this.body = body;
        this.around = around;
    }

    @Override
    public Object call(Arguments given, Budget budget) {
        budget.enter();
        Scope scope = around.inside();
        Map<String, Object> named = new LinkedHashMap<>(given.named());
        Object caller = named.remove("caller");
        scope.set("caller", caller == null ? new Undefined("'caller'") : caller);
        for (int i = 0; i < parameters.size(); i++) {
            Parameter parameter = parameters.get(i);
            Object byName = named.remove(parameter.name());
            scope.set(parameter.name(), argument(parameter, i, given.positional(), byName, scope));
        }
        scope.set("kwargs", named);
        scope.set("varargs", new Tuple(given.after(parameters.size()).positional()));
        StringBuilder text = new StringBuilder();
        body.run(scope, text);
        budget.leave();
        budget.make(text.length());
        return text.toString();
    }

    private Object argument(
            Parameter parameter, int index, List<Object> positional, @Nullable Object byName, Scope scope) {
        if (index < positional.size()) {
            return positional.get(index);
        }
        if (byName != null) {
            return byName;
        }
        return parameter.value() == null
                ? new Undefined("parameter '" + parameter.name() + "' of " + name)
                : parameter.value().valueIn(scope);
    }
}
