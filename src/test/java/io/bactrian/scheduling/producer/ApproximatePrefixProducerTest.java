package io.bactrian.scheduling.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bactrian.endpoint.EndpointMetrics;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.endpoint.Signal;
import io.bactrian.fixture.Candidates;
import io.bactrian.fixture.InferenceRequests;
import io.bactrian.fixture.Prompts;
import io.bactrian.kvcache.PrefixMatch;
import io.bactrian.request.Finish.Outcome;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.Prompt;
import io.bactrian.scheduling.DataProducer;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.ProfileResult;
import io.bactrian.scheduling.ReportedUsage;
import io.bactrian.scheduling.RequestListener;
import io.bactrian.scheduling.SchedulingObserver;
import io.bactrian.scheduling.ScoredCandidates;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ApproximatePrefixProducerTest {
    private static final String TEXT = "x".repeat(64 * 4 * 3); // three blocks of 64 tokens

    private final EndpointPool pool = new EndpointPool("pool", Set.of("m"), Duration.ofSeconds(1));
    private final List<String> told = new ArrayList<>();
    private final SchedulingObserver observer = new SchedulingObserver() {
        @Override
        public void prefixReported(String name, String type, long predicted, long cached, int dropped) {
            told.add(predicted + " " + cached + " " + dropped);
        }
    };
    private final DataProducer producer = producer(Map.of());

    @Test
    void findsWhatItSentBefore() {
        pool.replaceEndpoints(List.of(Candidates.endpoint("a"), Candidates.endpoint("b")));
        InferenceRequest request = InferenceRequests.completion(Prompts.text(TEXT));
        List<EndpointState> first = candidates();

        RequestListener listener = producer.produce(request, first);
        assertThat(match(first.get(0))).isEqualTo(new PrefixMatch(0, 3, 64));
        listener.picked(decision(Map.of("default", first.get(1)), "default"));

        List<EndpointState> second = candidates();
        producer.produce(InferenceRequests.completion(Prompts.text(TEXT + "and more")), second);
        assertThat(match(second.get(0))).isEqualTo(new PrefixMatch(0, 4, 64));
        assertThat(match(second.get(1))).isEqualTo(new PrefixMatch(3, 4, 64));
    }

    @Test
    void equalTextInAnotherScopeNeverMatches() {
        pool.replaceEndpoints(List.of(Candidates.endpoint("a")));
        Prompt prompt = Prompts.text(TEXT);
        send(InferenceRequests.completion("m", "", "", prompt));

        for (InferenceRequest other : List.of(
                InferenceRequests.completion("n", "", "", prompt),
                InferenceRequests.completion("m", "adapter", "", prompt),
                InferenceRequests.completion("m", "", "salt", prompt))) {
            List<EndpointState> candidates = candidates();
            producer.produce(other, candidates);
            assertThat(match(candidates.get(0)).matchBlocks()).isZero();
        }
    }

    @Test
    void theEndpointThatPrefillsIsRememberedToo() {
        pool.replaceEndpoints(List.of(Candidates.endpoint("a"), Candidates.endpoint("b"), Candidates.endpoint("c")));
        InferenceRequest request = InferenceRequests.completion(Prompts.text(TEXT));
        List<EndpointState> candidates = candidates();
        producer.produce(request, candidates)
                .picked(decision(
                        Map.of(
                                "decode", candidates.get(0),
                                "prefill", candidates.get(1),
                                "encode", candidates.get(2)),
                        "decode"));

        List<EndpointState> next = candidates();
        producer.produce(request, next);
        assertThat(next).extracting(candidate -> match(candidate).matchBlocks()).containsExactly(3, 3, 0);
    }

    @Test
    void whatIsReportedMissingTwiceIsNoMatchUntilItIsReportedAgain() {
        pool.replaceEndpoints(List.of(Candidates.endpoint("a")));
        sendAndReport(900, OptionalInt.of(0));
        assertThat(matchNow()).isEqualTo(3);

        sendAndReport(900, OptionalInt.of(0));
        assertThat(matchNow()).as("computed again after the first miss").isEqualTo(3);
        sendAndReport(900, OptionalInt.of(0));
        assertThat(matchNow())
                .as("900 tokens are 3 blocks, one of which 16 uncounted tokens round up to")
                .isEqualTo(1);

        sendAndReport(900, OptionalInt.of(896));
        assertThat(matchNow()).isEqualTo(3);
    }

    @Test
    void anEngineThatReportsNoCachedTokensIsBelieved() {
        pool.replaceEndpoints(List.of(Candidates.endpoint("a")));
        for (int i = 0; i < 4; i++) {
            sendAndReport(900, OptionalInt.empty());
        }

        assertThat(matchNow()).isEqualTo(3);
        assertThat(told).isEmpty();
    }

    @Test
    void tellsWhatWasPredictedAndWhatWasReported() {
        pool.replaceEndpoints(List.of(Candidates.endpoint("a")));
        sendAndReport(900, OptionalInt.of(0));
        sendAndReport(900, OptionalInt.of(600));

        assertThat(told).containsExactly("0 0 0", "900 600 0");
    }

    @Test
    void aMissThatBlocksAndTokensOfAnotherSizeExplainIsNone() {
        // 640 tokens of four bytes are 800 true ones; the last is never cached, and blocks of 16 are counted whole
        assertThat(CachedPrompt.of(800, 784, 10, 64, 640).heldBlocks(16)).isEqualTo(10);
        assertThat(CachedPrompt.of(800, 400, 10, 64, 640).heldBlocks(16)).isEqualTo(6); // 5, and one for doubt
        assertThat(CachedPrompt.of(800, 0, 10, 64, 640).heldBlocks(16)).isEqualTo(1);
        assertThat(CachedPrompt.of(100, 700, 10, 64, 640).heldBlocks(16))
                .as("Anthropic")
                .isEqualTo(10);
        assertThat(CachedPrompt.of(800, 400, 10, 64, 640).tokens(5)).isEqualTo(400);
    }

    @Test
    void anEndpointThatWasHandedItsBlocksIsNotJudged() {
        pool.replaceEndpoints(List.of(Candidates.endpoint("a"), Candidates.endpoint("b")));
        for (int i = 0; i < 3; i++) {
            List<EndpointState> candidates = candidates();
            RequestListener listener = producer.produce(InferenceRequests.completion(Prompts.text(TEXT)), candidates);
            listener.picked(decision(Map.of("decode", candidates.get(0), "prefill", candidates.get(1)), "decode"));
            listener.reported(new ReportedUsage(900, OptionalInt.of(0)));
            listener.ended(Outcome.COMPLETED);
        }

        assertThat(matchNow()).isEqualTo(3);
    }

    private void sendAndReport(int promptTokens, OptionalInt cachedTokens) {
        List<EndpointState> candidates = candidates();
        RequestListener listener = producer.produce(InferenceRequests.completion(Prompts.text(TEXT)), candidates);
        listener.picked(decision(Map.of("default", candidates.get(0)), "default"));
        listener.answerBegins((name, value) -> {});
        listener.reported(new ReportedUsage(promptTokens, cachedTokens));
        listener.ended(Outcome.COMPLETED);
    }

    private int matchNow() {
        List<EndpointState> candidates = candidates();
        producer.produce(InferenceRequests.completion(Prompts.text(TEXT)), candidates);
        return match(candidates.get(0)).matchBlocks();
    }

    @Test
    void anEndpointThatLeftStartsAnew() {
        pool.replaceEndpoints(List.of(Candidates.endpoint("a")));
        InferenceRequest request = InferenceRequests.completion(Prompts.text(TEXT));
        send(request);

        pool.replaceEndpoints(List.of());
        pool.replaceEndpoints(List.of(Candidates.endpoint("a")));

        List<EndpointState> candidates = candidates();
        producer.produce(request, candidates);
        assertThat(match(candidates.get(0)).matchBlocks()).isZero();
    }

    @Test
    void aRequestWithoutAPromptAttachesNothing() {
        pool.replaceEndpoints(List.of(Candidates.endpoint("a")));
        List<EndpointState> candidates = candidates();

        assertThat(producer.produce(InferenceRequests.completion(Prompt.NONE), candidates))
                .isSameAs(RequestListener.NONE);
        assertThat(candidates.get(0).get(PrefixMatch.key("p"))).isNull();
    }

    @Test
    void blocksAreAtLeast64TokensAndAsLargeAsTheEndpoints() {
        ApproximatePrefixSettings settings = ApproximatePrefixSettings.DEFAULT;

        assertThat(settings.blockSizeTokens(List.of(Candidates.silent("a")))).isEqualTo(64);
        assertThat(settings.blockSizeTokens(List.of(Candidates.silent("a"), cache("b", 128, 1), cache("c", 256, 1))))
                .isEqualTo(128);
        assertThat(settings.blockSizeTokens(List.of(cache("b", 16, 1)))).isEqualTo(64);
        assertThat(settings.blockSizeTokens(List.of(cache("b", Integer.MAX_VALUE, 1))))
                .isEqualTo(16_384);
        assertThat(settings.maxBlocks(64)).isEqualTo(2048);
        assertThat(read(Map.of("autoTune", false, "blockSizeTokens", 100)).blockSizeTokens(List.of(cache("b", 128, 1))))
                .isEqualTo(100);
    }

    @Test
    void theCapacityIsTheEndpointsOwnInOurBlocks() {
        ApproximatePrefixSettings settings = ApproximatePrefixSettings.DEFAULT;

        assertThat(settings.capacityBlocks(EndpointMetrics.NONE, 64)).isEqualTo(31_250);
        assertThat(settings.capacityBlocks(cache("a", 16, 20_000).metrics(), 64))
                .isEqualTo(5_000);
        assertThat(settings.capacityBlocks(cache("a", 16, Integer.MAX_VALUE).metrics(), 64))
                .isEqualTo(1 << 20);
        assertThat(read(Map.of("autoTune", false, "lruCapacityPerServer", 7))
                        .capacityBlocks(cache("a", 16, 20_000).metrics(), 64))
                .isEqualTo(7);
    }

    @Test
    void defaultsAreThoseOfLlmd() {
        assertThat(read(Map.of())).isEqualTo(new ApproximatePrefixSettings(true, 16, 131_072, 2048, 31_250));
    }

    @Test
    void everyParameterIsRead() {
        assertThat(read(Map.of(
                        "autoTune", false,
                        "blockSizeTokens", 32,
                        "maxPrefixTokensToMatch", 0,
                        "maxPrefixBlocksToMatch", 5,
                        "lruCapacityPerServer", 9)))
                .isEqualTo(new ApproximatePrefixSettings(false, 32, 0, 5, 9));
        assertThat(read(Map.of("blockSize", 96)).blockSizeTokens()).isEqualTo(96);
        assertThat(read(Map.of("blockSize", 96, "blockSizeTokens", 80)).blockSizeTokens())
                .isEqualTo(80);
        assertThat(read(Map.of("maxPrefixTokensToMatch", 0, "maxPrefixBlocksToMatch", 0))
                        .maxBlocks(64))
                .isEqualTo(Integer.MAX_VALUE);
        assertThatThrownBy(() -> read(Map.of("autoTune", false, "blockSizeTokens", 0)))
                .hasMessageStartingWith("plugins[0].parameters.blockSizeTokens: 0 (expected");
    }

    private void send(InferenceRequest request) {
        List<EndpointState> candidates = candidates();
        producer.produce(request, candidates).picked(decision(Map.of("default", candidates.get(0)), "default"));
    }

    private List<EndpointState> candidates() {
        return pool.candidates(Candidates.NOW);
    }

    private static PrefixMatch match(EndpointState candidate) {
        return Objects.requireNonNull(candidate.get(PrefixMatch.key("p")));
    }

    private static Decision.Picked decision(Map<String, EndpointState> winners, String primary) {
        Map<String, ProfileResult.Picked> results = new HashMap<>();
        winners.forEach((profile, winner) -> results.put(
                profile,
                new ProfileResult.Picked(List.of(winner), new ScoredCandidates(List.of(winner), new double[] {1}))));
        return new Decision.Picked(primary, results);
    }

    private static EndpointState cache(String name, int blockSizeTokens, int kvBlocks) {
        return Candidates.withMetrics(
                name,
                new EndpointMetrics(
                        Signal.ABSENT,
                        Signal.ABSENT,
                        Signal.ABSENT,
                        OptionalInt.of(blockSizeTokens),
                        OptionalInt.of(kvBlocks)));
    }

    private static ApproximatePrefixSettings read(Map<String, Object> values) {
        PluginParameters parameters = new PluginParameters("p", "plugins[0].parameters", values);
        ApproximatePrefixSettings settings = ApproximatePrefixSettings.read(parameters);
        parameters.rejectUnread();
        return settings;
    }

    private DataProducer producer(Map<String, Object> parameters) {
        return Objects.requireNonNull(DataProducers.CATALOG.get("approx-prefix-cache-producer"))
                .create(
                        new PluginParameters("p", "plugins[0].parameters", parameters),
                        new PluginServices(pool, observer, Runnable::run, InstantSource.system()));
    }
}
