package io.bactrian.scheduling.explain;

import java.util.Optional;

/**
 * The smallest change of one score that would have let the runner-up have the higher total.
 *
 * @param row whose score: a row of the record
 * @param scorer which of the record's scorers
 * @param from the score as it was; 0 where the scorer had left the candidate out and counts for more than nothing
 * @param to the score at which both are equal; beyond it the runner-up is ahead
 */
public record Flip(int row, int scorer, double from, double to) {

    /**
     * Returns the flip of {@code profile}'s decision; empty if there is no runner-up, if both are equal already, or if no
     * score between 0 and 1 is enough.
     */
    public static Optional<Flip> of(ProfileRecord profile) {
        int runnerUp = profile.runnerUp();
        if (runnerUp < 0) {
            return Optional.empty();
        }
        double gap = profile.total(0) - profile.total(runnerUp);
        Flip best = null;
        for (int scorer = 0; scorer < profile.scorers().size() && gap > 0; scorer++) {
            best = nearer(best, change(profile, runnerUp, scorer, gap));
            best = nearer(best, change(profile, 0, scorer, -gap));
        }
        return Optional.ofNullable(best);
    }

    /** Returns the change that adds {@code gain} to the total of {@code row}; null if the score would leave 0 to 1. */
    private static @org.jspecify.annotations.Nullable Flip change(
            ProfileRecord profile, int row, int scorer, double gain) {
        double weight = profile.weight(scorer);
        if (weight == 0) {
            return null;
        }
        double score = profile.score(row, scorer);
        double from = Double.isNaN(score) ? (weight > 0 ? 0 : 1) : score; // left out counts as the worst
        double to = from + gain / weight;
        return to >= 0 && to <= 1 ? new Flip(row, scorer, from, to) : null;
    }

    private static @org.jspecify.annotations.Nullable Flip nearer(
            @org.jspecify.annotations.Nullable Flip one, @org.jspecify.annotations.Nullable Flip other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return Math.abs(other.to - other.from) < Math.abs(one.to - one.from) ? other : one;
    }
}
