package io.bactrian.scheduling.filter;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.DataKey;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.AttributeKeys;
import io.bactrian.scheduling.Filter;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Keeps the endpoints one of whose attributes passes a threshold. */
final class EndpointAttributeFilter implements Filter {
    private final DataKey<Double> key;
    private final Comparison comparison;
    private final double value;
    private final boolean missingPasses;
    private final boolean fallbackOnEmpty;

    /** How an attribute is compared with the threshold; a configuration writes it in capitals and small letters. */
    private enum Comparison {
        LESS_THAN,
        LESS_THAN_OR_EQUAL,
        GREATER_THAN,
        GREATER_THAN_OR_EQUAL,
        EQUAL,
        NOT_EQUAL;

        boolean holds(double attribute, double threshold) {
            return switch (this) {
                case LESS_THAN -> attribute < threshold;
                case LESS_THAN_OR_EQUAL -> attribute <= threshold;
                case GREATER_THAN -> attribute > threshold;
                case GREATER_THAN_OR_EQUAL -> attribute >= threshold;
                case EQUAL -> attribute == threshold;
                case NOT_EQUAL -> attribute != threshold;
            };
        }
    }

    private static final Map<String, Comparison> COMPARISONS = Map.of(
            "LessThan", Comparison.LESS_THAN,
            "LessThanOrEqual", Comparison.LESS_THAN_OR_EQUAL,
            "GreaterThan", Comparison.GREATER_THAN,
            "GreaterThanOrEqual", Comparison.GREATER_THAN_OR_EQUAL,
            "Equal", Comparison.EQUAL,
            "NotEqual", Comparison.NOT_EQUAL);

    private EndpointAttributeFilter(
            DataKey<Double> key, Comparison comparison, double value, boolean missingPasses, boolean fallbackOnEmpty) {
        this.key = key;
        this.comparison = comparison;
        this.value = value;
        this.missingPasses = missingPasses;
        this.fallbackOnEmpty = fallbackOnEmpty;
    }

    static EndpointAttributeFilter create(PluginParameters parameters, PluginServices services) {
        DataKey<Double> key = AttributeKeys.read(parameters, "attribute");
        PluginParameters algorithm = parameters.object("algorithm");
        algorithm.choice("type", "threshold", List.of("threshold"));
        PluginParameters threshold = algorithm.object("threshold");
        List<String> operators = COMPARISONS.keySet().stream().sorted().toList();
        String operator = threshold.choice("operator", "", operators);
        if (!threshold.has("value")) {
            throw threshold.wrong("value", "missing", "a number");
        }
        return new EndpointAttributeFilter(
                key,
                Objects.requireNonNull(COMPARISONS.get(operator)),
                threshold.number("value", 0, -Double.MAX_VALUE, Double.MAX_VALUE),
                parameters.choice("onMissing", "Pass", List.of("Pass", "Fail")).equals("Pass"),
                parameters.flag("fallbackOnEmpty", false));
    }

    @Override
    public List<EndpointState> filter(InferenceRequest request, List<EndpointState> candidates) {
        List<EndpointState> kept = candidates.stream().filter(this::passes).toList();
        return kept.isEmpty() && fallbackOnEmpty ? candidates : kept;
    }

    private boolean passes(EndpointState candidate) {
        Double attribute = candidate.get(key);
        return attribute == null ? missingPasses : comparison.holds(attribute, value);
    }
}
