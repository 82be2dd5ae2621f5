package io.bactrian.scheduling;

import io.bactrian.endpoint.EndpointState;
import java.util.List;

/** The candidates that passed a profile's filters, with the weighted sums of their scores. Never changes. */
public final class ScoredCandidates {
    private final List<EndpointState> candidates;
    private final double[] totals; // totals[i] belongs to candidates.get(i)

    /** @param totals {@code totals[i]} belongs to {@code candidates.get(i)}; owned by this from here on */
    public ScoredCandidates(List<EndpointState> candidates, double[] totals) {
        if (candidates.size() != totals.length) {
            throw new IllegalArgumentException(
                    "totals: " + totals.length + " (expected: one for each of " + candidates.size() + " candidates)");
        }
        this.candidates = candidates;
        this.totals = totals;
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
