package io.bactrian.scheduling.scorer;

import io.bactrian.endpoint.Adapters;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.RequestHook;
import io.bactrian.scheduling.RequestListener;
import io.bactrian.scheduling.Scorer;
import io.bactrian.scheduling.Scores;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/**
 * Prefers endpoints that have the request's adapter loaded: 1 if it runs there, 0.8 if there is a free place for it, 0.6 if it
 * waits to be loaded, 0 otherwise. An endpoint that shows no adapters is left out.
 *
 * <p>The formula is llm-d's, over more than it knows. What the router has in flight counts as well as what the endpoint last
 * reported: else all requests for an adapter that come between two reports would each take another endpoint's last free place.
 * And an adapter that an endpoint was sent lately is taken to be loaded still: reports name only those in use. A place that can only be
 * had by unloading such an adapter counts 0.7.
 */
final class LoraAffinityScorer implements Scorer, RequestHook {
    private static final double LOADED = 1;
    private static final double FREE = 0.8;
    private static final double IDLE = 0.7;
    private static final double WAITING = 0.6;

    private final RecentAdapters recent = new RecentAdapters();

    @Override
    public Scores score(InferenceRequest request, List<EndpointState> candidates) {
        String wanted = request.servedName();
        return Scores.each(candidates, candidate -> score(candidate, wanted));
    }

    private double score(EndpointState candidate, String wanted) {
        Adapters reported = candidate.metrics().adapters();
        if (reported == null) {
            return Double.NaN;
        }
        Set<String> inFlight = candidate.load().adapters();
        int inUse = reported.running().size()
                + others(reported.waiting(), reported.running(), Set.of())
                + others(inFlight, reported.running(), reported.waiting());
        boolean waits = reported.waiting().contains(wanted);
        if (reported.running().contains(wanted) || (inFlight.contains(wanted) && !waits && inUse <= reported.max())) {
            return LOADED;
        }
        Set<String> sent = recent.of(candidate.endpoint());
        if (inUse < reported.max()) {
            if (sent.contains(wanted)) {
                return LOADED;
            }
            int idle = 0;
            for (String adapter : sent) {
                idle += isInUse(adapter, reported, inFlight) ? 0 : 1;
            }
            return inUse + idle < reported.max() ? FREE : IDLE;
        }
        return waits || inFlight.contains(wanted) ? WAITING : 0;
    }

    /** Counts those of {@code adapters} that are in none of the others. */
    private static int others(Collection<String> adapters, Set<String> first, Set<String> second) {
        int count = 0;
        for (String adapter : adapters) {
            count += first.contains(adapter) || second.contains(adapter) ? 0 : 1;
        }
        return count;
    }

    private static boolean isInUse(String adapter, Adapters reported, Set<String> inFlight) {
        return reported.running().contains(adapter)
                || reported.waiting().contains(adapter)
                || inFlight.contains(adapter);
    }

    @Override
    public RequestListener follow(InferenceRequest request, List<EndpointState> candidates) {
        String adapter = request.wantedAdapter();
        if (adapter.isEmpty()) {
            return RequestListener.NONE;
        }
        recent.forgetAllBut(candidates);
        return decision -> note(decision, adapter);
    }

    private void note(Decision.Picked decision, String adapter) {
        Adapters reported = decision.endpoint().metrics().adapters();
        if (reported != null) {
            recent.note(decision.endpoint().endpoint(), adapter, reported.max());
        }
    }
}
