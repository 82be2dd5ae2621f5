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

    /**
     * Returns the indices of those of {@code chosen}, in their order, and behind them of the best others, the best first.
     *
     * @param count how many to return, if there are so many
     */
    public int[] leading(List<EndpointState> chosen, int count) {
        int[] rows = best(Math.min(count, totals.length));
        int fixed = Math.min(chosen.size(), rows.length);
        for (int k = 0; k < fixed; k++) {
            moveTo(k, rows, chosen.get(k));
        }
        return rows;
    }

    private int[] best(int count) {
        int[] rows = new int[count];
        int found = 0;
        double worst = Double.NEGATIVE_INFINITY; // of rows, once they are full
        for (int i = 0; i < totals.length; i++) {
            double total = totals[i];
            if (found == count && total <= worst) {
                continue;
            }
            int at = found == count ? count - 1 : found++;
            for (; at > 0 && total > totals[rows[at - 1]]; at--) {
                rows[at] = rows[at - 1];
            }
            rows[at] = i;
            worst = found == count ? totals[rows[count - 1]] : worst;
        }
        return rows;
    }

    /** Puts {@code candidate} at {@code place} of {@code rows}; if it is not among those behind, the last goes. */
    private void moveTo(int place, int[] rows, EndpointState candidate) {
        int at = place;
        while (at < rows.length && candidates.get(rows[at]) != candidate) {
            at++;
        }
        int index = at < rows.length ? rows[at] : indexOf(candidate);
        System.arraycopy(rows, place, rows, place + 1, Math.min(at, rows.length - 1) - place);
        rows[place] = index;
    }

    private int indexOf(EndpointState candidate) {
        int index = 0;
        while (candidates.get(index) != candidate) {
            index++;
        }
        return index;
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
