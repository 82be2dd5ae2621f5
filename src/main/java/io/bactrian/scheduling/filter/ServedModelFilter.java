package io.bactrian.scheduling.filter;

import io.bactrian.endpoint.EndpointMetrics;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.Filter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Removes the endpoints that cannot serve the request's model or adapter, as far as they have announced what they serve.
 *
 * <p>Once an endpoint's list of models has the name, those go whose list lacks it. An endpoint without a list stays for a model
 * that the configuration names, and goes for an adapter that it does not. While no list has the name, such an adapter keeps those
 * who report that they have it loaded, and everything else keeps all.
 */
final class ServedModelFilter implements Filter {
    static final String TYPE = "served-model-filter";

    @Override
    public List<EndpointState> filter(InferenceRequest request, List<EndpointState> candidates) {
        String name = request.servedName();
        boolean isAdapter = !request.wantedAdapter().isEmpty();
        int listing = 0;
        int lacking = 0;
        int loaded = 0;
        for (EndpointState candidate : candidates) {
            EndpointMetrics metrics = candidate.metrics();
            if (metrics.lists(name)) {
                listing++;
            } else {
                lacking += metrics.models() == null ? 0 : 1;
                loaded += isAdapter && metrics.announces(name) ? 1 : 0;
            }
        }
        if (listing == 0) {
            return loaded == 0 ? candidates : kept(candidates, candidate -> candidate.announces(name));
        }
        if (isAdapter) {
            return kept(candidates, candidate -> candidate.lists(name));
        }
        return lacking == 0
                ? candidates
                : kept(candidates, candidate -> candidate.models() == null || candidate.lists(name));
    }

    private static List<EndpointState> kept(List<EndpointState> candidates, Predicate<EndpointMetrics> isKept) {
        List<EndpointState> kept = new ArrayList<>(candidates.size());
        for (EndpointState candidate : candidates) {
            if (isKept.test(candidate.metrics())) {
                kept.add(candidate);
            }
        }
        return kept;
    }
}
