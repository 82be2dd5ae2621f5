package io.bactrian.simulator.load;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What a run shows. Latencies are of completed requests and count from the moment each was due.
 *
 * @param workload where the requests come from
 * @param requests requests sent
 * @param offeredSpan time over which they were due
 * @param elapsed time until the last answer ended
 * @param outcomes requests by how they ended; absent means none
 * @param statuses requests by HTTP status; 0 stands for none
 * @param good completed requests that kept the objective
 * @param ttft time to the first event with text
 * @param itl gaps between successive events with text
 * @param tpot time per output token after the first
 * @param endToEnd time to the end of the answer
 * @param lateness time from due to being taken up by the sender, of all requests
 * @param tokens sums over completed requests
 * @param cacheReports completed requests whose server said how many prompt tokens it found in its cache
 * @param endpoints by name, what each answered; empty if answers do not name it
 */
public record LoadReport(
        String workload,
        long requests,
        Duration offeredSpan,
        Duration elapsed,
        Map<Outcome, Long> outcomes,
        SortedMap<Integer, Long> statuses,
        long good,
        LatencySummary ttft,
        LatencySummary itl,
        LatencySummary tpot,
        LatencySummary endToEnd,
        LatencySummary lateness,
        EndpointShare tokens,
        long cacheReports,
        SortedMap<String, EndpointShare> endpoints) {

    /** Sums up {@code measurement}; {@code slo} says which requests are good. */
    public static LoadReport of(Measurement measurement, Slo slo) {
        Map<Outcome, Long> outcomes = new EnumMap<>(Outcome.class);
        SortedMap<Integer, Long> statuses = new TreeMap<>();
        SortedMap<String, EndpointShare> endpoints = new TreeMap<>();
        EndpointShare tokens = EndpointShare.NONE;
        long good = 0;
        long cacheReports = 0;
        for (RequestResult result : measurement.results()) {
            outcomes.merge(result.outcome(), 1L, Long::sum);
            statuses.merge(result.status(), 1L, Long::sum);
            if (result.outcome() != Outcome.COMPLETED) {
                continue;
            }
            tokens = tokens.plus(result);
            if (result.endpoint() != null) {
                endpoints.put(
                        result.endpoint(),
                        endpoints
                                .getOrDefault(result.endpoint(), EndpointShare.NONE)
                                .plus(result));
            }
            if (result.usage() != null && result.usage().cachedTokens() != null) {
                cacheReports++;
            }
            if (slo.isKeptBy(result)) {
                good++;
            }
        }
        return new LoadReport(
                measurement.workload().name(),
                measurement.results().size(),
                offeredSpan(measurement),
                measurement.elapsed(),
                outcomes,
                statuses,
                good,
                ofCompleted(measurement, RequestResult::ttft),
                LatencySummary.of(measurement.gaps()),
                ofCompleted(measurement, RequestResult::tpot),
                ofCompleted(measurement, RequestResult::endToEnd),
                lateness(measurement),
                tokens,
                cacheReports,
                endpoints);
    }

    /** Returns the requests that ended so. */
    public long count(Outcome outcome) {
        return outcomes.getOrDefault(outcome, 0L);
    }

    /** Returns the requests that failed; shed ones are not among them. */
    public long errors() {
        return outcomes.entrySet().stream()
                .filter(entry -> entry.getKey().isError())
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    /** Returns {@code count} as a share of all requests, 0 to 1. */
    public double share(long count) {
        return requests == 0 ? 0 : (double) count / requests;
    }

    /** Returns {@code count} per second of the run. */
    public double perSecond(long count) {
        return elapsed.isZero() ? 0 : count / (elapsed.toNanos() / 1e9);
    }

    /** Returns the share of prompt tokens found in a prefix cache; empty if no server reported any count of it. */
    public OptionalDouble prefixHitShare() {
        return cacheReports == 0 || tokens.promptTokens() == 0
                ? OptionalDouble.empty()
                : OptionalDouble.of((double) tokens.cachedTokens() / tokens.promptTokens());
    }

    /** Returns the completed requests of the busiest endpoint over the mean of those that answered any. */
    public OptionalDouble maxOverMeanRequests() {
        long max = endpoints.values().stream()
                .mapToLong(EndpointShare::requests)
                .max()
                .orElse(0);
        double mean = endpoints.values().stream()
                .mapToLong(EndpointShare::requests)
                .average()
                .orElse(0);
        return max == 0 ? OptionalDouble.empty() : OptionalDouble.of(max / mean);
    }

    private static Duration offeredSpan(Measurement measurement) {
        int last = measurement.results().size() - 1;
        return last < 0
                ? Duration.ZERO
                : measurement
                        .results()
                        .get(last)
                        .sendAt()
                        .minus(measurement.results().get(0).sendAt());
    }

    private static LatencySummary ofCompleted(
            Measurement measurement, Function<RequestResult, @Nullable Duration> latency) {
        Histogram nanoseconds = Histograms.nanoseconds();
        for (RequestResult result : measurement.results()) {
            Duration value = latency.apply(result);
            if (result.outcome() == Outcome.COMPLETED && value != null) {
                nanoseconds.recordValue(Math.max(0, value.toNanos()));
            }
        }
        return LatencySummary.of(nanoseconds);
    }

    private static LatencySummary lateness(Measurement measurement) {
        Histogram nanoseconds = Histograms.nanoseconds();
        for (RequestResult result : measurement.results()) {
            nanoseconds.recordValue(Math.max(0, result.lateness().toNanos()));
        }
        return LatencySummary.of(nanoseconds);
    }
}
