package io.bactrian.scheduling.filter;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.Filter;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.SchedulingObserver;
import java.util.ArrayList;
import java.util.List;

/**
 * Removes endpoints whose breaker is open, keeping those whose wait is over so that a probe can be chosen.
 *
 * <p>When more than a share of the candidates would go, none does, and their breakers are ignored for this request: so
 * many failures at once are rarely the endpoints' own, and the few that remain would drown.
 */
final class BreakerFilter implements Filter {
    static final String TYPE = "breaker-filter";

    private static final double DEFAULT_MAX_EJECTED_SHARE = 0.5;

    private final double maxEjectedShare;
    private final SchedulingObserver observer;

    private BreakerFilter(double maxEjectedShare, SchedulingObserver observer) {
        this.maxEjectedShare = maxEjectedShare;
        this.observer = observer;
    }

    static BreakerFilter create(PluginParameters parameters, PluginServices services) {
        return new BreakerFilter(
                parameters.number("maxEjectedShare", DEFAULT_MAX_EJECTED_SHARE, 0, 1), services.observer());
    }

    @Override
    public List<EndpointState> filter(InferenceRequest request, List<EndpointState> candidates) {
        int ejected = 0;
        for (EndpointState candidate : candidates) {
            if (!candidate.breaker().wouldPermit()) {
                ejected++;
            }
        }
        if (ejected == 0) {
            return candidates;
        }
        if (ejected > maxEjectedShare * candidates.size()) {
            candidates.forEach(EndpointState::ignoreBreaker);
            observer.filterIgnored(TYPE, ejected, candidates.size());
            return candidates;
        }
        List<EndpointState> remaining = new ArrayList<>(candidates.size());
        for (EndpointState candidate : candidates) {
            if (candidate.breaker().wouldPermit()) {
                remaining.add(candidate);
            }
        }
        return remaining;
    }
}
