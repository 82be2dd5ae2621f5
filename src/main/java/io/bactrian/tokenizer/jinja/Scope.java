package io.bactrian.tokenizer.jinja;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Names and their values. A loop's turn, a macro's call and a block have scopes inside that which is around them. */
final class Scope {
    private final @Nullable Scope around;
    private final Map<String, Object> values = new HashMap<>();
    private final Budget budget;

    Scope(Budget budget) {
        this.around = null;
        this.budget = budget;
    }

    private Scope(Scope around) {
        this.around = around;
        this.budget = around.budget;
    }

    Scope inside() {
        return new Scope(this);
    }

    Budget budget() {
        return budget;
    }

    Object get(String name) {
        for (Scope scope = this; scope != null; scope = scope.around) {
            Object value = scope.values.get(name);
            if (value != null) {
                return value;
            }
        }
        return new Undefined("'" + name + "'");
    }

    void set(String name, Object value) {
        values.put(name, value);
    }
}
