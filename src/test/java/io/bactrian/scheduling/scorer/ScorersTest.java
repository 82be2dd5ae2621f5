package io.bactrian.scheduling.scorer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.bactrian.endpoint.EndpointMetrics;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.fixture.Candidates;
import io.bactrian.fixture.InferenceRequests;
import io.bactrian.kvcache.PrefixMatch;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.Prompt;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.SchedulingObserver;
import io.bactrian.scheduling.Scorer;
import io.bactrian.scheduling.Scores;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScorersTest {
    private static final InferenceRequest REQUEST = InferenceRequests.completion(Prompt.NONE);

    @Test
    void theShortestQueueIsBest() {
        assertThat(score("queue-scorer", queue("a", 0), queue("b", 3), queue("c", 12)))
                .containsExactly(1, 0.75, 0);
        assertThat(score("queue-scorer", queue("a", 4), queue("b", 4))).containsExactly(1, 1);
    }

    @Test
    void whatWasSentSinceTheReportWaitsToo() {
        EndpointState busy = queue("a", 0);
        busy.load().reserve(100);
        busy.load().reserve(100);

        assertThat(score("queue-scorer", busy, queue("b", 1))).containsExactly(0, 1);
    }

    @Test
    void freeKvBlocksAreBest() {
        assertThat(score(
                        "kv-cache-utilization-scorer",
                        Candidates.reporting("a", 0, 0),
                        Candidates.reporting("b", 0, 0.75),
                        Candidates.reporting("c", 0, 1)))
                .containsExactly(1, 0.25, 0);
    }

    @Test
    void aLongPrefixMatchIsBest() {
        assertThat(score("prefix-cache-scorer", match(0, 10), match(6, 10), match(10, 10), match(0, 0)))
                .containsExactly(0, 0.6, 1, 0);
    }

    @Test
    void theLengthOfTheMatchMayCount() {
        Scorer scorer = scorer("prefix-cache-scorer", Map.of("matchLengthWeight", 0.3));

        assertThat(score(scorer, match(32, 64))[0]).isCloseTo(0.36875, within(1e-12));
        assertThat(score(scorer, match(128, 160))[0]).isCloseTo(0.86, within(1e-12));
    }

    @Test
    void theMatchMayComeFromAnotherProducer() {
        EndpointState candidate = Candidates.silent("a");
        candidate.put(PrefixMatch.key("precise"), new PrefixMatch(1, 2, 64));

        assertThat(score(scorer("prefix-cache-scorer", Map.of("prefixMatchInfoProducerName", "precise")), candidate))
                .containsExactly(0.5);
        assertThat(score("prefix-cache-scorer", candidate)).containsExactly(0);
    }

    @Test
    void aScaleIsNeededOnlyForALengthThatCounts() {
        scorer("prefix-cache-scorer", Map.of("matchLengthScaleTokens", 0));
        assertThatThrownBy(() ->
                        scorer("prefix-cache-scorer", Map.of("matchLengthScaleTokens", 0, "matchLengthWeight", 0.1)))
                .hasMessageStartingWith("plugins[0].parameters.matchLengthScaleTokens: 0 (expected");
        assertThatThrownBy(() -> scorer("prefix-cache-scorer", Map.of("matchLengthWeight", 1.5)))
                .hasMessageStartingWith("plugins[0].parameters.matchLengthWeight: 1.5 (expected");
    }

    @ParameterizedTest
    @ValueSource(strings = {"queue-scorer", "kv-cache-utilization-scorer", "prefix-cache-scorer"})
    void anEndpointThatSaysNothingNeverBeatsOneThatDoes(String type) {
        EndpointMetrics report = Candidates.report(5, 0.9);
        EndpointState fresh = Candidates.withMetrics("fresh", report);
        EndpointState silent = Candidates.silent("silent");
        EndpointState stale =
                Candidates.withMetrics("stale", report.fresh(Candidates.NOW.plusSeconds(10), Duration.ofSeconds(1)));
        EndpointState worse = Candidates.reporting("worse", 50, 1);
        List.of(fresh, silent, stale)
                .forEach(candidate ->
                        candidate.put(PrefixMatch.key("approx-prefix-cache-producer"), new PrefixMatch(3, 4, 64)));

        double[] scores = score(type, fresh, silent, stale, worse);

        assertThat(scores[1]).isLessThanOrEqualTo(scores[0]);
        assertThat(scores[2]).isLessThanOrEqualTo(scores[0]);
        if (!type.equals("prefix-cache-scorer")) { // which does not read reports
            assertThat(scores[1]).isZero().isLessThan(scores[0]);
            assertThat(scores[2]).isZero();
        }
    }

    private static EndpointState queue(String name, double waiting) {
        return Candidates.reporting(name, waiting, 0);
    }

    private static EndpointState match(int matchBlocks, int totalBlocks) {
        EndpointState candidate = Candidates.silent("a");
        candidate.put(PrefixMatch.key("approx-prefix-cache-producer"), new PrefixMatch(matchBlocks, totalBlocks, 64));
        return candidate;
    }

    private static double[] score(String type, EndpointState... candidates) {
        return score(scorer(type, Map.of()), candidates);
    }

    private static double[] score(Scorer scorer, EndpointState... candidates) {
        Scores scores = scorer.score(REQUEST, List.of(candidates));
        return IntStream.range(0, candidates.length).mapToDouble(scores::get).toArray();
    }

    private static Scorer scorer(String type, Map<String, Object> values) {
        PluginParameters parameters = new PluginParameters(type, "plugins[0].parameters", values);
        PluginServices services = new PluginServices(
                new EndpointPool("pool", Set.of("m"), Duration.ofSeconds(1)), SchedulingObserver.NONE, Runnable::run);
        Scorer scorer = Objects.requireNonNull(Scorers.CATALOG.get(type)).create(parameters, services);
        parameters.rejectUnread();
        return scorer;
    }
}
