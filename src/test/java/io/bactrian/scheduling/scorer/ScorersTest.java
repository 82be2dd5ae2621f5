package io.bactrian.scheduling.scorer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.bactrian.endpoint.Adapters;
import io.bactrian.endpoint.EndpointMetrics;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.endpoint.RequestCost;
import io.bactrian.endpoint.Signal;
import io.bactrian.endpoint.Topology;
import io.bactrian.fixture.Candidates;
import io.bactrian.fixture.InferenceRequests;
import io.bactrian.fixture.Plugins;
import io.bactrian.fixture.Prompts;
import io.bactrian.kvcache.PrefixMatch;
import io.bactrian.request.DataKey;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.Prompt;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.ProfileResult;
import io.bactrian.scheduling.RequestHook;
import io.bactrian.scheduling.ScoredCandidates;
import io.bactrian.scheduling.Scorer;
import io.bactrian.scheduling.Scores;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The numbers of llm-d's scorers; sections are those of its description of scheduling. */
class ScorersTest {
    private static final InferenceRequest REQUEST = InferenceRequests.completion(Prompt.NONE);

    /** Section 5.1. */
    @Test
    void runningRequestsRateAsQueuesDo() {
        assertThat(scores("running-requests-size-scorer", running(0), running(3), running(12)))
                .containsExactly(1, 0.75, 0);
        assertThat(scores("running-requests-size-scorer", running(4), running(4)))
                .containsExactly(1, 1);
        assertThat(scores("running-requests-size-scorer", running(4), Candidates.silent("s"), running(9)))
                .containsExactly(1, 0, 0);
    }

    private static EndpointState running(int requests) {
        return Candidates.withMetrics(
                "e",
                new EndpointMetrics(
                        Signal.of(0, Candidates.NOW),
                        Signal.of(requests, Candidates.NOW),
                        Signal.of(0, Candidates.NOW),
                        OptionalInt.empty(),
                        OptionalInt.empty()));
    }

    /** Section 5.1. */
    @Test
    void loadAwareFallsFromAHalfToNothing() {
        assertThat(scores("load-aware-scorer", waiting(0), waiting(32), waiting(128), waiting(500)))
                .containsExactly(0.5, 0.375, 0, 0);
        assertThat(score("load-aware-scorer", Map.of("threshold", -5), waiting(32)))
                .containsExactly(0.375);
        assertThat(score("load-aware-scorer", Map.of("threshold", 64), waiting(32)))
                .containsExactly(0.25);
    }

    private static EndpointState waiting(int requests) {
        return Candidates.reporting("e", requests, 0);
    }

    /** Section 5.2. */
    @Test
    void adaptersRateByWhetherTheyAreLoaded() {
        assertThat(lora("a", adapters(2, Set.of("a"), Set.of()))).isEqualTo(1);
        assertThat(lora("b", adapters(2, Set.of("a"), Set.of()))).isEqualTo(0.8);
        assertThat(lora("c", adapters(2, Set.of("a", "b"), Set.of("c")))).isEqualTo(0.6);
        assertThat(lora("d", adapters(2, Set.of("a", "b"), Set.of("c")))).isZero();
        assertThat(lora("d", adapters(0, Set.of(), Set.of()))).isZero();
        assertThat(lora("d", Candidates.silent("s"))).isZero();
    }

    private static double lora(String model, EndpointState candidate) {
        return Plugins.create(Scorers.CATALOG, "lora-affinity-scorer", Map.of())
                .score(InferenceRequests.completion(model, "", "", Prompt.NONE), List.of(candidate))
                .get(0);
    }

    private static EndpointState adapters(int max, Set<String> running, Set<String> waiting) {
        return Candidates.withMetrics(
                "e",
                new EndpointMetrics(
                        Signal.ABSENT,
                        Signal.ABSENT,
                        Signal.ABSENT,
                        OptionalInt.empty(),
                        OptionalInt.empty(),
                        new Adapters(running, waiting, max, Candidates.NOW),
                        null,
                        Map.of()));
    }

    /** Section 5.3. */
    @Test
    void aPrefixRatesByItsShareAndItsLength() {
        Map<String, Object> weighted = Map.of("matchLengthWeight", 0.3, "matchLengthScaleTokens", 8192);

        assertThat(score("prefix-cache-scorer", weighted, match(32, 64))[0]).isCloseTo(0.36875, within(1e-9));
        assertThat(score("prefix-cache-scorer", weighted, match(128, 160))[0]).isCloseTo(0.86, within(1e-9));
        assertThat(scores("prefix-cache-scorer", match(32, 64), match(0, 64), Candidates.silent("s")))
                .containsExactly(0.5, 0, 0);
    }

    private static EndpointState match(int blocks, int of) {
        EndpointState candidate = Candidates.silent("e");
        candidate.put(PrefixMatch.keyOrDefault(""), new PrefixMatch(blocks, of, 64));
        return candidate;
    }

    /** Section 5.4. */
    @Test
    void tokensInFlightRateAgainstAThreshold() {
        assertThat(scores("token-load-scorer", tokens(0, 0), tokens(1_048_576, 0), tokens(4_194_304, 0)))
                .containsExactly(1, 0.75, 0);
        assertThat(score("token-load-scorer", Map.of("queueThresholdTokens", 200_000), tokens(100_000, 2_048))[0])
                .isCloseTo(0.48976, within(1e-9));
    }

    private static EndpointState tokens(int inFlight, int cost) {
        EndpointState candidate = Candidates.silent("e");
        candidate.load().reserve(inFlight);
        candidate.put(RequestCost.KEY, new RequestCost(cost, false));
        return candidate;
    }

    /** Section 5.4. */
    @Test
    void requestsInFlightRateAgainstTheBusiest() {
        Map<String, Object> busy = Map.of("idleThreshold", 1, "maxBusyScore", 0.5);

        assertThat(scores("active-request-scorer", requests(0), requests(2), requests(8)))
                .containsExactly(1, 0.75, 0);
        assertThat(score("active-request-scorer", busy, requests(0), requests(2), requests(8)))
                .containsExactly(1, 0.375, 0);
        assertThat(scores("active-request-scorer", requests(5), requests(5))).containsExactly(0, 0);
        assertThat(score(
                        "active-request-scorer",
                        Map.of("idleThreshold", -3, "maxBusyScore", 7),
                        requests(1),
                        requests(2)))
                .containsExactly(0.5, 0);
    }

    private static EndpointState requests(int count) {
        EndpointState candidate = Candidates.silent("e");
        IntStream.range(0, count).forEach(i -> candidate.load().reserve(0));
        return candidate;
    }

    /** Section 5.5. */
    @Test
    void coldRequestsGoWhereNoneWentForLongest() {
        Scorer scorer = Plugins.create(Scorers.CATALOG, "no-hit-lru-scorer", Map.of());
        List<EndpointState> all =
                List.of("A", "B", "C", "D").stream().map(Candidates::silent).toList();
        give(scorer, all, 2);
        give(scorer, all, 1);

        double[] scores = values(scorer.score(REQUEST, all), 4);
        assertThat(scores[0]).isEqualTo(1);
        assertThat(scores[1]).isZero();
        assertThat(scores[2]).isCloseTo(1 / 3.0, within(1e-9));
        assertThat(scores[3]).isCloseTo(2 / 3.0, within(1e-9));
        assertThat(values(scorer.score(REQUEST, all.subList(1, 2)), 1)).containsExactly(1);

        all.get(3).put(PrefixMatch.keyOrDefault(""), new PrefixMatch(1, 2, 64));
        assertThat(values(scorer.score(REQUEST, all), 4)).containsExactly(0.5, 0.5, 0.5, 0.5);
    }

    @Test
    void noMoreEndpointsAreRememberedThanSet() {
        Scorer scorer = Plugins.create(Scorers.CATALOG, "no-hit-lru-scorer", Map.of("lruSize", 2));
        List<EndpointState> all =
                List.of("A", "B", "C").stream().map(Candidates::silent).toList();
        IntStream.range(0, 3).forEach(i -> give(scorer, all, i));

        assertThat(values(scorer.score(REQUEST, all), 3))
                .as("A is as good as new")
                .containsExactly(1, 0.5, 0);
    }

    private static void give(Scorer scorer, List<EndpointState> candidates, int winner) {
        EndpointState picked = candidates.get(winner);
        ((RequestHook) scorer)
                .follow(REQUEST, candidates)
                .picked(new Decision.Picked(
                        "p",
                        Map.of(
                                "p",
                                new ProfileResult.Picked(
                                        List.of(picked), new ScoredCandidates(List.of(picked), new double[1])))));
    }

    /** Section 5.6. */
    @Test
    void contextLengthsRateByTheRangeTheyFallInto() {
        assertThat(context(3000, "0-8192")).isCloseTo(0.702445, within(1e-6));
        assertThat(context(3000, "0-131072")).isCloseTo(0.539928, within(1e-6));
        assertThat(context(10_000, " 0 - 8192 ")).isCloseTo(0.106838, within(1e-6));
        assertThat(context(3000, "8193-32768")).isCloseTo(0.048442, within(1e-6));
        assertThat(context(3000, "3000-3000")).isEqualTo(1);
        assertThat(context(3000, "5-1")).isZero();
        assertThat(context(3000, "some")).isZero();
        assertThat(scores("context-length-aware", Candidates.silent("s"))).containsExactly(0.5);
    }

    private static double context(int tokens, String range) {
        return Plugins.create(Scorers.CATALOG, "context-length-aware", Map.of())
                .score(
                        InferenceRequests.completion(Prompts.ofTokens(tokens)),
                        List.of(Candidates.labelled("e", Map.of("llm-d.ai/context-length-range", range))))
                .get(0);
    }

    @Test
    void contextLengthsFilterOnlyWhenAskedTo() {
        List<EndpointState> all = List.of(
                Candidates.labelled("short", Map.of("llm-d.ai/context-length-range", "0-10")),
                Candidates.labelled("bad", Map.of("llm-d.ai/context-length-range", "x")),
                Candidates.silent("any"));
        InferenceRequest request = InferenceRequests.completion(Prompts.ofTokens(11));
        ContextLengthAware off = (ContextLengthAware) Plugins.create(Scorers.CATALOG, "context-length-aware", Map.of());
        ContextLengthAware on = (ContextLengthAware)
                Plugins.create(Scorers.CATALOG, "context-length-aware", Map.of("enableFiltering", true));

        assertThat(off.filter(request, all)).isEqualTo(all);
        assertThat(on.filter(request, all)).containsExactly(all.get(2));
        assertThat(on.filter(InferenceRequests.completion(Prompts.ofTokens(10)), all))
                .containsExactly(all.get(0), all.get(2));
    }

    /** Section 5.9. */
    @Test
    void attributesRateWithinARange() {
        EndpointState[] three = {attribute(10), attribute(40), attribute(90)};
        Map<String, Object> fixed = Map.of("fixedRange", Map.of("min", 0, "max", 80));

        assertThat(attributes("linear_lower_is_better", fixed, three)).containsExactly(0.875, 0.5, 0);
        assertThat(attributes("linear_higher_is_better", Map.of("adaptiveRange", Map.of()), three))
                .containsExactly(0, 0.375, 1);
        assertThat(attributes("linear_lower_is_better", Map.of(), attribute(7), attribute(7)))
                .containsExactly(1, 1);
        assertThat(attributes("linear_lower_is_better", Map.of(), attribute(7), Candidates.silent("s"), attribute(9)))
                .containsExactly(1, 0, 0);
    }

    private static double[] attributes(String type, Map<String, Object> normalization, EndpointState... candidates) {
        return score(
                "endpoint-attribute-scorer",
                Map.of("attributeKey", "power", "algorithm", Map.of("type", type, "normalization", normalization)),
                candidates);
    }

    private static EndpointState attribute(double value) {
        EndpointState candidate = Candidates.silent("e");
        candidate.put(new DataKey<>("power", "core-metrics-extractor"), value);
        return candidate;
    }

    @Test
    void aHeaderRatesTheEndpointsThatCarryItsValue() {
        Scorer scorer = Plugins.create(
                Scorers.CATALOG, "header-label-affinity-scorer", Map.of("headerName", "x-tier", "labelKey", "tier"));
        List<EndpointState> all = List.of(
                Candidates.labelled("a", Map.of("tier", "gold")),
                Candidates.labelled("b", Map.of("tier", "")),
                Candidates.silent("c"));

        assertThat(values(scorer.score(InferenceRequests.with(Map.of("x-tier", "gold")), all), 3))
                .containsExactly(1, 0, 0);
        assertThat(values(scorer.score(REQUEST, all), 3)).containsExactly(0, 0, 0);
    }

    /** Section 5.10. */
    @Test
    void topologyRatesByTheClosestLevelShared() {
        InferenceRequest request = InferenceRequests.completion(Prompt.NONE);
        Scorer scorer = Plugins.create(Scorers.CATALOG, "topology-affinity-scorer", Map.of());
        List<EndpointState> all = List.of(
                at("h", "r", "z", "g"),
                at("x", "r", "z", "g"),
                at("x", "x", "z", "g"),
                at("x", "x", "x", "g"),
                at("x", "x", "x", "x"),
                at("", "", "", ""));

        assertThat(values(scorer.score(request, all), 6)).containsExactly(0, 0, 0, 0, 0, 0);
        request.attributes().put(EndpointState.PEER, at("h", "r", "z", "g"));
        assertThat(values(scorer.score(request, all), 6)).containsExactly(1, 0.2, 0.05, 0.02, 0, 0);
    }

    private static EndpointState at(String host, String rack, String zone, String region) {
        EndpointState candidate = Candidates.silent("e");
        candidate.put(Topology.key(""), new Topology(host, rack, zone, region));
        return candidate;
    }

    @Test
    void wrongParametersAreNamed() {
        assertThatThrownBy(() -> score("header-label-affinity-scorer", Map.of("labelKey", "x")))
                .hasMessage("parameters.headerName: missing (expected: a string)");
        assertThatThrownBy(() -> score(
                        "endpoint-attribute-scorer",
                        Map.of(
                                "attributeKey",
                                "a",
                                "algorithm",
                                Map.of(
                                        "type",
                                        "linear_lower_is_better",
                                        "normalization",
                                        Map.of("fixedRange", Map.of("min", 5, "max", 5))))))
                .hasMessage("parameters.algorithm.normalization.fixedRange.max: 5.0 (expected: more than min)");
        assertThatThrownBy(() -> score("token-load-scorer", Map.of("queueThresholdTokens", 0)))
                .hasMessageStartingWith("parameters.queueThresholdTokens: 0 (expected: an integer from 1");
    }

    private static double[] scores(String type, EndpointState... candidates) {
        return score(type, Map.of(), candidates);
    }

    private static double[] score(String type, Map<String, Object> parameters, EndpointState... candidates) {
        Scorer scorer = Plugins.create(Scorers.CATALOG, type, parameters);
        return values(scorer.score(REQUEST, Arrays.asList(candidates)), candidates.length);
    }

    private static double[] values(Scores scores, int count) {
        assertThat(scores.size()).isEqualTo(count);
        return IntStream.range(0, count).mapToDouble(scores::get).toArray();
    }
}
