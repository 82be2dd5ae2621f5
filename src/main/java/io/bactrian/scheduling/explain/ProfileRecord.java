package io.bactrian.scheduling.explain;

import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.EndpointMetrics;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.endpoint.Signal;
import io.bactrian.scheduling.FilterVerdict;
import io.bactrian.scheduling.ProfileResult;
import io.bactrian.scheduling.SchedulingProfile;
import io.bactrian.scheduling.ScoredCandidates;
import io.bactrian.scheduling.Scores;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.stream.IntStream;

/** What one profile did in a decision. Keeps the scores of the best few candidates and of those it picked, not of all. */
public final class ProfileRecord {
    /** Enough to see who won against whom; a decision over 1,000 endpoints must not keep 1,000 rows. */
    static final int MAX_KEPT = 8;

    /** What {@link #ageMillis} gives for a signal that was not there. */
    public static final int ABSENT = -1;

    private static final int SIGNALS = 3;

    private final String name;
    private final List<FilterVerdict> verdicts;
    private final List<SchedulingProfile.WeightedScorer> scorers;
    private final int scored;
    private final int picked; // the first of the kept ones, in the picker's order
    private final Endpoint[] kept;
    private final double[] totals; // totals[i] belongs to kept[i]
    private final double[]
            scores; // scores[i * scorers.size() + j] is what scorers.get(j) gave kept[i]; NaN: left it out
    private final int[]
            agesMillis; // agesMillis[3 * i + k] is the age of kept[i]'s signal k: waiting, running, KV usage

    ProfileRecord(String name, ProfileResult result) {
        this.name = name;
        this.verdicts = result.verdicts();
        if (result instanceof ProfileResult.Picked chosen) {
            ScoredCandidates candidates = chosen.scored();
            int[] rows = candidates.leading(chosen.endpoints(), MAX_KEPT);
            this.scorers = candidates.scorers();
            this.scored = candidates.size();
            this.picked = Math.min(rows.length, chosen.endpoints().size());
            this.kept = new Endpoint[rows.length];
            this.totals = new double[rows.length];
            this.scores = new double[rows.length * scorers.size()];
            this.agesMillis = new int[rows.length * SIGNALS];
            for (int i = 0; i < rows.length; i++) {
                keep(i, candidates, rows[i]);
            }
        } else {
            this.scorers = List.of();
            this.scored = 0;
            this.picked = 0;
            this.kept = new Endpoint[0];
            this.totals = new double[0];
            this.scores = new double[0];
            this.agesMillis = new int[0];
        }
    }

    private void keep(int row, ScoredCandidates candidates, int index) {
        EndpointState candidate = candidates.candidate(index);
        kept[row] = candidate.endpoint();
        totals[row] = candidates.total(index);
        for (int j = 0; j < scorers.size(); j++) {
            Scores opinions = candidates.opinions(j);
            scores[row * scorers.size() + j] = opinions.isRated(index) ? opinions.get(index) : Double.NaN;
        }
        EndpointMetrics metrics = candidate.metrics();
        Instant now = candidate.seenAt();
        Signal waiting = metrics.waitingRequests();
        int first = row * SIGNALS;
        agesMillis[first] = age(waiting, now);
        agesMillis[first + 1] = age(metrics.runningRequests(), now, waiting, agesMillis[first]);
        agesMillis[first + 2] = age(metrics.kvCacheUsage(), now, waiting, agesMillis[first]);
    }

    /** What stands on one page has one age, which is then worked out once. */
    private static int age(Signal signal, Instant now, Signal known, int knownAge) {
        return signal.isPresent() && known.isPresent() && signal.observedAt() == known.observedAt()
                ? knownAge
                : age(signal, now);
    }

    private static int age(Signal signal, Instant now) {
        if (!signal.isPresent()) {
            return ABSENT;
        }
        long millis = signal.observedAt().until(now, ChronoUnit.MILLIS); // no Duration for each of two dozen
        return (int) Math.max(0, Math.min(Integer.MAX_VALUE, millis));
    }

    /** Returns the profile's name. */
    public String name() {
        return name;
    }

    /** Returns what each filter left. */
    public List<FilterVerdict> verdicts() {
        return verdicts;
    }

    /** Returns the names of the scorers. */
    public List<String> scorers() {
        return scorers.stream().map(SchedulingProfile.WeightedScorer::name).toList();
    }

    /** Returns how much scorer {@code scorer} counts. */
    public double weight(int scorer) {
        return scorers.get(scorer).weight();
    }

    /** Returns how many candidates were scored; more than {@link #kept} if there were many. */
    public int scored() {
        return scored;
    }

    /** Returns how many candidates are kept: first those that were picked, behind them the best others. */
    public int kept() {
        return kept.length;
    }

    /** Returns how many of the kept were picked. */
    public int picked() {
        return picked;
    }

    public Endpoint endpoint(int row) {
        return kept[row];
    }

    public double total(int row) {
        return totals[row];
    }

    /** Returns what scorer {@code scorer} gave the candidate; NaN if it left it out. */
    public double score(int row, int scorer) {
        return scores[row * scorers.size() + scorer];
    }

    /** Returns the age of what the candidate reported: signal 0 waiting, 1 running, 2 KV usage; {@link #ABSENT} without it. */
    public int ageMillis(int row, int signal) {
        return agesMillis[row * SIGNALS + signal];
    }

    /** Returns the kept candidate that would have been picked next: the best that was not; -1 if there is none. */
    public int runnerUp() {
        return IntStream.range(picked, kept.length).findFirst().orElse(-1);
    }
}
