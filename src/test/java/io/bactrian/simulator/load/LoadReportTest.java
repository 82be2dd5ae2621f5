package io.bactrian.simulator.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LoadReportTest {
    private static final Slo NO_BOUND = new Slo(null, null, null);

    @Test
    void countsOutcomesAndRates() {
        LoadReport report = report(
                NO_BOUND,
                completed("a", 100, 1000),
                completed("a", 200, 2000),
                completed("b", 300, 3000),
                ended(Outcome.SHED, 429),
                ended(Outcome.CUT, 200));

        assertThat(report.requests()).isEqualTo(5);
        assertThat(report.count(Outcome.COMPLETED)).isEqualTo(3);
        assertThat(report.count(Outcome.TIMEOUT)).isZero();
        assertThat(report.errors()).isEqualTo(1);
        assertThat(report.share(report.errors())).isEqualTo(0.2);
        assertThat(report.statuses()).isEqualTo(Map.of(200, 4L, 429, 1L));
        assertThat(report.perSecond(report.count(Outcome.COMPLETED))).isEqualTo(0.3); // over 10 s
    }

    @Test
    void latenciesAreOfCompletedRequestsAlone() {
        LoadReport report =
                report(NO_BOUND, completed("a", 100, 1100), completed("a", 300, 3300), ended(Outcome.CUT, 200));

        assertThat(report.ttft().count()).isEqualTo(2);
        assertThat(millis(report.ttft().p50())).isCloseTo(100, within(0.1));
        assertThat(millis(report.ttft().max())).isCloseTo(300, within(0.3));
        assertThat(millis(report.ttft().mean())).isCloseTo(200, within(0.2));
        // Eleven tokens each: (1100 - 100) / 10 and (3300 - 300) / 10.
        assertThat(millis(report.tpot().p50())).isCloseTo(100, within(0.1));
        assertThat(millis(report.tpot().max())).isCloseTo(300, within(0.3));
        assertThat(report.lateness().count()).isEqualTo(3);
    }

    @Test
    void sumsTokensAndPrefixHitsByEndpoint() {
        LoadReport report = report(
                NO_BOUND, completed("a", 1, 2), completed("a", 1, 2), completed("a", 1, 2), completed("b", 1, 2));

        assertThat(report.endpoints())
                .isEqualTo(Map.of(
                        "a", new EndpointShare(3, 300, 240, 33),
                        "b", new EndpointShare(1, 100, 80, 11)));
        assertThat(report.prefixHitShare()).hasValue(0.8);
        assertThat(report.maxOverMeanRequests()).hasValue(1.5);
    }

    @Test
    void hitsAreUnknownWhenNoServerReportsThem() {
        RequestResult silent = result(Outcome.COMPLETED, 200, "a", 1, 2, new TokenUsage(100, null, 11));

        assertThat(report(NO_BOUND, silent).prefixHitShare()).isEmpty();
        assertThat(report(NO_BOUND).prefixHitShare()).isEmpty();
        assertThat(report(NO_BOUND).maxOverMeanRequests()).isEmpty();
    }

    @Test
    void goodRequestsKeepEveryBound() {
        // TTFT 100 or 300 ms; E2E 1 s later; ten gaps of 100 ms between eleven events.
        RequestResult fast = completed("a", 100, 1100);
        RequestResult slow = completed("a", 300, 1300);
        RequestResult shed = ended(Outcome.SHED, 429);

        assertThat(report(NO_BOUND, fast, slow, shed).good()).isEqualTo(2);
        assertThat(report(slo(100L, null, null), fast, slow, shed).good()).isEqualTo(1);
        assertThat(report(slo(null, 100L, null), fast, slow, shed).good()).isEqualTo(2);
        assertThat(report(slo(null, 99L, null), fast, slow, shed).good()).isZero();
        assertThat(report(slo(300L, 100L, 1200L), fast, slow, shed).good()).isEqualTo(1);
    }

    @Test
    void anAnswerWithoutTextCannotKeepATtftBound() {
        RequestResult whole = new RequestResult(
                0,
                Duration.ZERO,
                Duration.ZERO,
                Outcome.COMPLETED,
                200,
                null,
                null,
                null,
                Duration.ofMillis(5),
                0,
                null);

        assertThat(report(slo(1000L, null, null), whole).good()).isZero();
        assertThat(report(slo(null, null, 10L), whole).good()).isEqualTo(1);
    }

    private static LoadReport report(Slo slo, RequestResult... results) {
        Histogram gaps = Histograms.nanoseconds();
        return LoadReport.of(
                new Measurement(new Workload("test", List.of()), List.of(results), gaps, Duration.ofSeconds(10)), slo);
    }

    private static Slo slo(@Nullable Long ttftMillis, @Nullable Long itlMillis, @Nullable Long endToEndMillis) {
        return new Slo(
                ttftMillis == null ? null : Duration.ofMillis(ttftMillis),
                itlMillis == null ? null : Duration.ofMillis(itlMillis),
                endToEndMillis == null ? null : Duration.ofMillis(endToEndMillis));
    }

    private static RequestResult completed(String endpoint, long ttftMillis, long endToEndMillis) {
        return result(Outcome.COMPLETED, 200, endpoint, ttftMillis, endToEndMillis, new TokenUsage(100, 80, 11));
    }

    private static RequestResult ended(Outcome outcome, int status) {
        return result(outcome, status, "a", 50, 60, null);
    }

    private static RequestResult result(
            Outcome outcome,
            int status,
            String endpoint,
            long ttftMillis,
            long endToEndMillis,
            @Nullable TokenUsage usage) {
        return new RequestResult(
                0,
                Duration.ZERO,
                Duration.ZERO,
                outcome,
                status,
                endpoint,
                Duration.ofMillis(ttftMillis),
                Duration.ofMillis(endToEndMillis),
                Duration.ofMillis(endToEndMillis),
                11,
                usage);
    }

    private static double millis(Duration duration) {
        return duration.toNanos() / 1e6;
    }
}
