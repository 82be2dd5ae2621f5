package io.bactrian.scheduling;

import io.bactrian.endpoint.EndpointState;
import java.util.List;

/** The candidates that passed a profile's filters, with the weighted sums of their scores. Never changes. */
public final class ScoredCandidates {
    private final List<EndpointState> candidates;
    private final double[] totals; // totals[i] belongs to candidates.get(i)
    private final List<SchedulingProfile.WeightedScorer> scorers;
    private final Scores[] opinions; // opinions[j] are those of scorers.get(j)

    /** @param totals {@code totals[i]} belongs to {@code candidates.get(i)}; owned by this from here on */
    public ScoredCandidates(List<EndpointState> candidates, double[] totals) {
        this(candidates, totals, List.of(), new Scores[0]);
    }

    /**
     * @param totals {@code totals[i]} belongs to {@code candidates.get(i)}; owned by this from here on
     * @param opinions {@code opinions[j]} are those of {@code scorers.get(j)}
     */
    ScoredCandidates(
            List<EndpointState> candidates,
            double[] totals,
            List<SchedulingProfile.WeightedScorer> scorers,
            Scores[] opinions) {
        if (candidates.size() != totals.length) {
            throw new IllegalArgumentException(
                    "totals: " + totals.length + " (expected: one for each of " + candidates.size() + " candidates)");
        }
        this.candidates = candidates;
        this.totals = totals;
        this.scorers = scorers;
        this.opinions = opinions;
    }

    /** Returns the scorers whose opinions the totals add up. */
    public List<SchedulingProfile.WeightedScorer> scorers() {
        return scorers;
    }

    /** Returns what scorer {@code scorer} thinks of the candidates. */
    public Scores opinions(int scorer) {
        return opinions[scorer];
    }

    public int size() {
        return totals.length;
    }

    public EndpointState candidate(int index) {
        return candidates.get(index);
    }

    /** Returns the weighted sum of candidate {@code index}; not bounded by 1, never NaN. */
    public double total(int index) {
        return totals[index];
    }
}
