package io.bactrian.scheduling.session;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.Filter;
import io.bactrian.scheduling.RequestHook;
import io.bactrian.scheduling.RequestListener;
import java.util.List;

/** Keeps the endpoint that the request's session is pinned to, if it is among the candidates; all otherwise. */
final class SessionAffinityFilter implements Filter, RequestHook {
    private final SessionPins pins;

    SessionAffinityFilter(SessionPins pins) {
        this.pins = pins;
    }

    @Override
    public List<EndpointState> filter(InferenceRequest request, List<EndpointState> candidates) {
        String pin = pins.pinOf(request);
        for (EndpointState candidate : candidates) {
            if (candidate.endpoint().id().equals(pin)) {
                return List.of(candidate);
            }
        }
        return candidates;
    }

    @Override
    public RequestListener follow(InferenceRequest request, List<EndpointState> candidates) {
        return pins.follow(request, candidates);
    }
}
