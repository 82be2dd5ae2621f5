package io.bactrian.scheduling.session;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.RequestHook;
import io.bactrian.scheduling.RequestListener;
import io.bactrian.scheduling.Scorer;
import io.bactrian.scheduling.Scores;
import java.util.List;

/** Prefers the endpoint that the request's session is pinned to. */
final class SessionAffinityScorer implements Scorer, RequestHook {
    private final SessionPins pins;

    SessionAffinityScorer(SessionPins pins) {
        this.pins = pins;
    }

    @Override
    public Scores score(InferenceRequest request, List<EndpointState> candidates) {
        String pin = pins.pinOf(request);
        return Scores.each(candidates, candidate -> candidate.endpoint().id().equals(pin) ? 1 : 0);
    }

    @Override
    public RequestListener follow(InferenceRequest request, List<EndpointState> candidates) {
        return pins.follow(request, candidates);
    }
}
