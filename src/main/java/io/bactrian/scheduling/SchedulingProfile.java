package io.bactrian.scheduling;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.InferenceRequest;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * One way to choose: filters in order, then weighted scorers, then a picker.
 *
 * @param name unique in its policy
 */
public record SchedulingProfile(String name, List<Filter> filters, List<WeightedScorer> scorers, Picker picker) {
    private static final Decision.Refused ALL_FILTERED_OUT = new Decision.Refused(
            ErrorCode.SATURATED, "no endpoints available for the given request", Decision.SATURATED);

    public SchedulingProfile {
        filters = List.copyOf(filters);
        scorers = List.copyOf(scorers);
    }

    /**
     * A scorer and how much its opinion counts.
     *
     * @param weight finite; a negative one turns the scorer round
     */
    public record WeightedScorer(Scorer scorer, double weight) {
        public WeightedScorer {
            if (!Double.isFinite(weight)) {
                throw new IllegalArgumentException("weight: " + weight + " (expected: a finite number)");
            }
        }

        /** Returns what candidate {@code index} gets; one that is left out gets as little as the worst. */
        double contribution(Scores scores, int index) {
            return scores.isRated(index) ? weight * scores.get(index) : Math.min(0, weight);
        }
    }

    /** Runs the profile over {@code candidates}. */
    ProfileResult run(InferenceRequest request, List<EndpointState> candidates, RandomGenerator random) {
        List<EndpointState> remaining = candidates;
        for (Filter filter : filters) {
            remaining = filter.filter(request, remaining);
            if (remaining.isEmpty()) {
                return new ProfileResult.Refused(ALL_FILTERED_OUT);
            }
        }
        double[] totals = new double[remaining.size()];
        for (WeightedScorer weighted : scorers) {
            Scores scores = weighted.scorer().score(request, remaining);
            if (scores.size() != totals.length) {
                throw new IllegalStateException(
                        weighted.scorer() + " gave " + scores.size() + " scores for " + totals.length + " candidates");
            }
            for (int i = 0; i < totals.length; i++) {
                totals[i] += weighted.contribution(scores, i);
            }
        }
        ScoredCandidates scored = new ScoredCandidates(remaining, totals);
        return new ProfileResult.Picked(picker.pick(scored, random), scored);
    }
}
