package io.bactrian.scheduling.scorer;

import io.bactrian.endpoint.Adapters;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.Scorer;
import io.bactrian.scheduling.Scores;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Prefers endpoints that have the request's adapter loaded: 1 if it runs there, 0.8 if there is a free place for it, 0.6 if it
 * waits to be loaded, 0 otherwise. An endpoint that shows no adapters is left out.
 *
 * <p>What the router has in flight counts as well as what the endpoint last reported: without that, all requests for an adapter
 * that come between two reports would each take another endpoint's last free place.
 */
final class LoraAffinityScorer implements Scorer {
    @Override
    public Scores score(InferenceRequest request, List<EndpointState> candidates) {
        String wanted = request.servedName();
        return Scores.each(
                candidates,
                candidate ->
                        score(candidate.metrics().adapters(), candidate.load().adapters(), wanted));
    }

    private static double score(@Nullable Adapters reported, Set<String> inFlight, String wanted) {
        if (reported == null) {
            return Double.NaN;
        }
        if (reported.running().contains(wanted) || inFlight.contains(wanted)) {
            return 1;
        }
        if (taken(reported, inFlight) < reported.max()) {
            return 0.8;
        }
        return reported.waiting().contains(wanted) ? 0.6 : 0;
    }

    private static int taken(Adapters reported, Set<String> inFlight) {
        int taken = reported.running().size() + reported.waiting().size();
        for (String adapter : inFlight) {
            if (!reported.running().contains(adapter) && !reported.waiting().contains(adapter)) {
                taken++;
            }
        }
        return taken;
    }
}
