package io.bactrian.scheduling.scorer;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.DataKey;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.AttributeKeys;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.Scorer;
import io.bactrian.scheduling.Scores;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Prefers endpoints with a low, or a high, value of one of their attributes; one without the attribute is left out. */
final class EndpointAttributeScorer implements Scorer {
    private final DataKey<Double> key;
    private final boolean lowerIsBetter;
    private final @Nullable FixedRange fixed;

    /** The range of values between worst and best; without one it spans the candidates' own values. */
    private record FixedRange(double min, double max) {
        double share(double value) {
            return (Math.max(min, Math.min(max, value)) - min) / (max - min);
        }
    }

    private EndpointAttributeScorer(DataKey<Double> key, boolean lowerIsBetter, @Nullable FixedRange fixed) {
        this.key = key;
        this.lowerIsBetter = lowerIsBetter;
        this.fixed = fixed;
    }

    static EndpointAttributeScorer create(PluginParameters parameters, PluginServices services) {
        DataKey<Double> key = AttributeKeys.read(parameters, "attributeKey");
        PluginParameters algorithm = parameters.object("algorithm");
        String type = algorithm.choice("type", "", List.of("linear_lower_is_better", "linear_higher_is_better"));
        PluginParameters normalization = algorithm.object("normalization");
        if (normalization.has("fixedRange") && normalization.has("adaptiveRange")) {
            throw algorithm.wrong("normalization", "two", "fixedRange or adaptiveRange");
        }
        normalization.object("adaptiveRange");
        FixedRange fixed = normalization.has("fixedRange") ? range(normalization.object("fixedRange")) : null;
        return new EndpointAttributeScorer(key, type.equals("linear_lower_is_better"), fixed);
    }

    private static FixedRange range(PluginParameters given) {
        double min = given.number("min", 0, -Double.MAX_VALUE, Double.MAX_VALUE);
        double max = given.number("max", 0, -Double.MAX_VALUE, Double.MAX_VALUE);
        if (max <= min) {
            throw given.wrong("max", max, "more than min");
        }
        return new FixedRange(min, max);
    }

    @Override
    public Scores score(InferenceRequest request, List<EndpointState> candidates) {
        ToDoubleFunction<EndpointState> quantity = candidate -> {
            Double value = candidate.get(key);
            return value == null ? Double.NaN : lowerIsBetter ? value : -value;
        };
        if (fixed == null) {
            return Scores.lowestIsBest(candidates, quantity);
        }
        FixedRange range = fixed;
        return Scores.each(candidates, candidate -> {
            Double value = candidate.get(key);
            if (value == null) {
                return Double.NaN;
            }
            return lowerIsBetter ? 1 - range.share(value) : range.share(value);
        });
    }
}
