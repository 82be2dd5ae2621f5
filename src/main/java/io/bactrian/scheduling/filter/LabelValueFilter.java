package io.bactrian.scheduling.filter;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.Filter;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import java.util.List;
import java.util.Set;

/** Keeps the endpoints that have one of some values of a label: llm-d's older {@code by-label}. */
final class LabelValueFilter implements Filter {
    private final String label;
    private final Set<String> validValues;
    private final boolean allowsNoLabel;

    private LabelValueFilter(String label, Set<String> validValues, boolean allowsNoLabel) {
        this.label = label;
        this.validValues = validValues;
        this.allowsNoLabel = allowsNoLabel;
    }

    static LabelValueFilter create(PluginParameters parameters, PluginServices services) {
        String label = parameters.requiredText("label");
        Set<String> validValues = Set.copyOf(parameters.texts("validValues"));
        boolean allowsNoLabel = parameters.flag("allowsNoLabel", false);
        if (validValues.isEmpty() && !allowsNoLabel) {
            throw parameters.wrong("validValues", "none", "at least one value, or allowsNoLabel: true");
        }
        return new LabelValueFilter(label, validValues, allowsNoLabel);
    }

    @Override
    public List<EndpointState> filter(InferenceRequest request, List<EndpointState> candidates) {
        return candidates.stream().filter(this::isKept).toList();
    }

    private boolean isKept(EndpointState candidate) {
        String value = candidate.endpoint().labels().get(label);
        return value == null ? allowsNoLabel : validValues.contains(value);
    }
}
