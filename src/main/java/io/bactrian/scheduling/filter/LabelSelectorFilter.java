package io.bactrian.scheduling.filter;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.Filter;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Keeps the endpoints whose labels a Kubernetes label selector matches; an empty selector matches all. */
final class LabelSelectorFilter implements Filter {
    private final Map<String, String> matchLabels;
    private final List<Requirement> matchExpressions;

    /** How a label is compared. */
    private enum Operator {
        IN("In"),
        NOT_IN("NotIn"),
        EXISTS("Exists"),
        DOES_NOT_EXIST("DoesNotExist");

        private final String text;

        Operator(String text) {
            this.text = text;
        }

        static Operator of(String text) {
            for (Operator operator : values()) {
                if (operator.text.equals(text)) {
                    return operator;
                }
            }
            throw new IllegalArgumentException(text);
        }
    }

    /** One line of {@code matchExpressions}. */
    private record Requirement(String key, Operator operator, Set<String> values) {
        boolean matches(Map<String, String> labels) {
            String value = labels.get(key);
            return switch (operator) {
                case IN -> value != null && values.contains(value);
                case NOT_IN -> value == null || !values.contains(value);
                case EXISTS -> value != null;
                case DOES_NOT_EXIST -> value == null;
            };
        }
    }

    private LabelSelectorFilter(Map<String, String> matchLabels, List<Requirement> matchExpressions) {
        this.matchLabels = matchLabels;
        this.matchExpressions = matchExpressions;
    }

    static LabelSelectorFilter create(PluginParameters parameters, PluginServices services) {
        return new LabelSelectorFilter(
                parameters.map("matchLabels"),
                parameters.objects("matchExpressions").stream()
                        .map(LabelSelectorFilter::requirement)
                        .toList());
    }

    private static Requirement requirement(PluginParameters expression) {
        Operator operator =
                Operator.of(expression.choice("operator", "", List.of("In", "NotIn", "Exists", "DoesNotExist")));
        List<String> values = expression.texts("values");
        boolean needsValues = operator == Operator.IN || operator == Operator.NOT_IN;
        if (needsValues == values.isEmpty()) {
            throw expression.wrong("values", values, needsValues ? "at least one value" : "no values");
        }
        return new Requirement(expression.requiredText("key"), operator, Set.copyOf(values));
    }

    @Override
    public List<EndpointState> filter(InferenceRequest request, List<EndpointState> candidates) {
        return candidates.stream()
                .filter(candidate -> matches(candidate.endpoint().labels()))
                .toList();
    }

    private boolean matches(Map<String, String> labels) {
        return labels.entrySet().containsAll(matchLabels.entrySet())
                && matchExpressions.stream().allMatch(requirement -> requirement.matches(labels));
    }
}
