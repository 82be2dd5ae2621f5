package io.bactrian.scheduling.rewrite;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The rules by which models are rewritten: canaries, comparisons, names that last. A rule for the model goes before one for
 * every model, and of equals the first. Safe between threads: {@link #replace} takes effect between two requests.
 */
public final class ModelRewrites {
    private volatile Rules rules = new Rules(Map.of(), List.of());

    private record Rules(Map<String, List<RewriteRule>> byModel, List<RewriteRule> forAll) {}

    /** Takes {@code next}, the first first, in place of all rules. */
    public void replace(List<RewriteRule> next) {
        Map<String, List<RewriteRule>> byModel = new HashMap<>();
        List<RewriteRule> forAll = new ArrayList<>();
        for (RewriteRule rule : next) {
            (rule.model().isEmpty() ? forAll : byModel.computeIfAbsent(rule.model(), model -> new ArrayList<>()))
                    .add(rule);
        }
        rules = new Rules(byModel, forAll);
    }

    /** Tells whether there is no rule. */
    public boolean isEmpty() {
        Rules current = rules;
        return current.byModel.isEmpty() && current.forAll.isEmpty();
    }

    /**
     * Returns the rule for a request that names {@code model}; null if there is none.
     *
     * @param pool the pool that serves the model; empty if none does, when a rule for the model alone can find one
     */
    public @Nullable RewriteRule find(String model, String pool) {
        Rules current = rules;
        for (RewriteRule rule : current.byModel.getOrDefault(model, List.of())) {
            if (pool.isEmpty() || rule.isFor(pool)) {
                return rule;
            }
        }
        for (RewriteRule rule : current.forAll) {
            if (!pool.isEmpty() && rule.isFor(pool)) {
                return rule;
            }
        }
        return null;
    }
}
