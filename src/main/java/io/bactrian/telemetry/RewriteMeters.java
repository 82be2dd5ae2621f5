package io.bactrian.telemetry;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.Collection;

/** Counts the requests that a rule gives another model, or the same. */
public final class RewriteMeters {
    private final MeterRegistry registry;
    private final CappedNames models;

    /** @param models that stand for themselves, whatever else clients ask for */
    public RewriteMeters(MeterRegistry registry, Collection<String> models) {
        this.registry = registry;
        this.models = new CappedNames(models);
    }

    /** The rule called {@code rule} has given a request for {@code model} to {@code target}. */
    public void rewritten(String rule, String model, String target) {
        registry.counter(
                        MetricNames.MODEL_REWRITES,
                        "model_rewrite_name",
                        rule,
                        "model_name",
                        models.of(model),
                        "target_model",
                        target)
                .increment();
    }
}
