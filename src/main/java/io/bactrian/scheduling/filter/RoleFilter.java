package io.bactrian.scheduling.filter;

import io.bactrian.endpoint.EndpointRole;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.Filter;
import java.util.List;
import java.util.function.Predicate;

/** Keeps the endpoints that can do one part of a request, by their label {@value EndpointRole#LABEL}. */
final class RoleFilter implements Filter {
    private final Predicate<EndpointRole> can;

    RoleFilter(Predicate<EndpointRole> can) {
        this.can = can;
    }

    @Override
    public List<EndpointState> filter(InferenceRequest request, List<EndpointState> candidates) {
        return candidates.stream()
                .filter(candidate -> can.test(candidate.endpoint().role()))
                .toList();
    }
}
