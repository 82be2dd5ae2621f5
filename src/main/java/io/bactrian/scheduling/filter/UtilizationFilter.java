package io.bactrian.scheduling.filter;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.Filter;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Keeps the endpoints of which every one of some quantities is within its limit. What is not known is above any limit: absence
 * is not idleness.
 */
final class UtilizationFilter implements Filter {
    private final List<Condition> conditions;
    private final boolean fallbackOnEmpty;

    /** A quantity and the most of it. */
    private record Condition(ToDoubleFunction<EndpointState> quantity, double maxValue) {
        boolean holds(EndpointState candidate) {
            return quantity.applyAsDouble(candidate) <= maxValue; // false for NaN
        }
    }

    private UtilizationFilter(List<Condition> conditions, boolean fallbackOnEmpty) {
        this.conditions = conditions;
        this.fallbackOnEmpty = fallbackOnEmpty;
    }

    static UtilizationFilter create(PluginParameters parameters, PluginServices services) {
        parameters.text("inFlightLoadProducerName", ""); // the router's own count, whoever is named
        return new UtilizationFilter(
                parameters.objects("conditions").stream()
                        .map(UtilizationFilter::condition)
                        .toList(),
                parameters.flag("fallbackOnEmpty", false));
    }

    private static Condition condition(PluginParameters condition) {
        String metric = condition.choice(
                "metric", "", List.of("active-requests", "running-requests", "waiting-queue", "kv-cache-utilization"));
        double most = metric.equals("kv-cache-utilization") ? 1 : Double.MAX_VALUE;
        if (!condition.has("maxValue")) {
            throw condition.wrong("maxValue", "missing", "a number");
        }
        double maxValue = condition.number("maxValue", 0, 0, most);
        return new Condition(
                switch (metric) {
                    case "active-requests" -> candidate -> candidate.load().requests();
                    case "running-requests" ->
                        candidate -> candidate.metrics().runningRequests().value();
                    case "waiting-queue" -> EndpointState::waitingRequests;
                    default -> candidate -> candidate.metrics().kvCacheUsage().value();
                },
                maxValue);
    }

    @Override
    public List<EndpointState> filter(InferenceRequest request, List<EndpointState> candidates) {
        List<EndpointState> kept = candidates.stream()
                .filter(candidate -> conditions.stream().allMatch(condition -> condition.holds(candidate)))
                .toList();
        return kept.isEmpty() && fallbackOnEmpty ? candidates : kept;
    }
}
