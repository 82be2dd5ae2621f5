package io.bactrian.scheduling.filter;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.endpoint.ServedModels;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.Filter;
import java.util.ArrayList;
import java.util.List;

/**
 * Keeps the endpoints whose list of models has the request's model or adapter. While nobody's list has it, as lists may not be
 * read at all, an adapter that the configuration does not name keeps those who report that they have it loaded, and everything
 * else keeps all.
 */
final class ServedModelFilter implements Filter {
    static final String TYPE = "served-model-filter";

    @Override
    public List<EndpointState> filter(InferenceRequest request, List<EndpointState> candidates) {
        String name = request.servedName();
        List<EndpointState> listing = List.of();
        List<EndpointState> loaded = List.of();
        for (EndpointState candidate : candidates) {
            ServedModels models = candidate.metrics().models();
            if (models != null && models.has(name)) {
                listing = added(listing, candidate);
            } else if (candidate.metrics().announces(name)) {
                loaded = added(loaded, candidate);
            }
        }
        if (!listing.isEmpty()) {
            return listing;
        }
        return loaded.isEmpty() || request.wantedAdapter().isEmpty() ? candidates : loaded;
    }

    /** Makes a list only where there is something to keep in it: most pools announce nothing. */
    private static List<EndpointState> added(List<EndpointState> list, EndpointState candidate) {
        List<EndpointState> longer = list.isEmpty() ? new ArrayList<>() : list;
        longer.add(candidate);
        return longer;
    }
}
