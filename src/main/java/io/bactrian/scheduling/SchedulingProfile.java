package io.bactrian.scheduling;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.InferenceRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * One way to choose: filters in order, then weighted scorers, then a picker.
 *
 * @param name unique in its policy
 */
public record SchedulingProfile(String name, List<NamedFilter> filters, List<WeightedScorer> scorers, Picker picker) {
    private static final Decision.Refused ALL_FILTERED_OUT = new Decision.Refused(
            ErrorCode.SATURATED, "no endpoints available for the given request", Decision.SATURATED);

    public SchedulingProfile {
        filters = List.copyOf(filters);
        scorers = List.copyOf(scorers);
    }

    /** A filter, by the name that its plug-in has in the configuration. */
    public record NamedFilter(String name, Filter filter) {}

    /**
     * A scorer and how much its opinion counts.
     *
     * @param name its plug-in's in the configuration
     * @param weight finite; a negative one turns the scorer round
     */
    public record WeightedScorer(String name, Scorer scorer, double weight) {
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
    ProfileResult run(
            InferenceRequest request, List<EndpointState> candidates, RandomGenerator random, PluginTiming timing) {
        List<EndpointState> remaining = candidates;
        List<FilterVerdict> verdicts = new ArrayList<>(filters.size());
        for (NamedFilter named : filters) {
            List<EndpointState> before = remaining;
            long began = timing.begins();
            remaining = named.filter().filter(request, before);
            timing.ends(ExtensionPoint.FILTER, named.filter(), began);
            verdicts.add(FilterVerdict.of(named.name(), before, remaining));
            if (remaining.isEmpty()) {
                return new ProfileResult.Refused(ALL_FILTERED_OUT, verdicts);
            }
        }
        double[] totals = new double[remaining.size()];
        Scores[] opinions = new Scores[scorers.size()];
        for (int j = 0; j < opinions.length; j++) {
            WeightedScorer weighted = scorers.get(j);
            long began = timing.begins();
            Scores scores = weighted.scorer().score(request, remaining);
            timing.ends(ExtensionPoint.SCORER, weighted.scorer(), began);
            if (scores.size() != totals.length) {
                throw new IllegalStateException(
                        weighted.name() + " gave " + scores.size() + " scores for " + totals.length + " candidates");
            }
            for (int i = 0; i < totals.length; i++) {
                totals[i] += weighted.contribution(scores, i);
            }
            opinions[j] = scores;
        }
        ScoredCandidates scored = new ScoredCandidates(remaining, totals, scorers, opinions);
        long began = timing.begins();
        List<EndpointState> picked = picker.pick(scored, random);
        timing.ends(ExtensionPoint.PICKER, picker, began);
        return new ProfileResult.Picked(picked, scored, verdicts);
    }
}
