package io.bactrian.scheduling.decider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.fixture.Candidates;
import io.bactrian.fixture.MovableClock;
import io.bactrian.fixture.Plugins;
import io.bactrian.fixture.Prompts;
import io.bactrian.kvcache.PrefixMatch;
import io.bactrian.request.Api;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.RequestContext;
import io.bactrian.request.RequestHeaders;
import io.bactrian.scheduling.Decider;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.ProfileResult;
import io.bactrian.scheduling.RequestHook;
import io.bactrian.scheduling.RequestListener;
import io.bactrian.scheduling.ScoredCandidates;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DecidersTest {
    private static final String PRODUCER = "approx-prefix-cache-producer";

    private final EndpointState decode = Candidates.labelled("d", Map.of("llm-d.ai/role", "decode"));

    private static InferenceRequest asking(int tokens) {
        return new InferenceRequest(
                "r",
                Api.COMPLETIONS,
                "m",
                "",
                "",
                true,
                false,
                OptionalInt.empty(),
                Prompts.ofTokens(tokens),
                0,
                new RequestContext(RequestHeaders.NONE));
    }

    private static EndpointState holding(EndpointState endpoint, String producer, int blocks, int blockTokens) {
        endpoint.put(PrefixMatch.key(producer), new PrefixMatch(blocks, 10_000, blockTokens));
        return endpoint;
    }

    private static Decider decider(String type, Object... parameters) {
        Map<String, Object> named = new HashMap<>();
        for (int i = 0; i < parameters.length; i += 2) {
            named.put(String.valueOf(parameters[i]), parameters[i + 1]);
        }
        return Plugins.create(Deciders.CATALOG, type, named);
    }

    /** The worked values of the reference, block size 16, with the boundaries, and its two examples of block size 64. */
    @ParameterizedTest
    @CsvSource({
        "99, 0, 16, 100, 0, false",
        "100, 0, 16, 100, 0, true",
        "512, 26, 16, 100, 0, false",
        "512, 25, 16, 100, 0, true",
        "516, 26, 16, 100, 0, true",
        "515, 26, 16, 100, 0, false",
        "4096, 0, 16, 0, 0, false",
        "255, 0, 16, 1, 256, false",
        "256, 0, 16, 1, 256, true",
        "4096, 40, 64, 512, 0, true",
        "4096, 40, 64, 2048, 0, false"
    })
    void theThresholdIsMetByWhatIsNotCached(
            int prompt, int cachedBlocks, int blockTokens, int nonCached, int promptTokens, boolean splits) {
        Decider decider =
                decider("prefix-based-pd-decider", "nonCachedTokens", nonCached, "promptTokens", promptTokens);
        holding(decode, PRODUCER, cachedBlocks, blockTokens);

        assertThat(decider.splits(asking(prompt), decode, List.of(decode))).isEqualTo(splits);
    }

    @Test
    void withoutADecodeEndpointOrItsMatchNothingIsSplit() {
        Decider decider = decider("prefix-based-pd-decider", "nonCachedTokens", 16);

        assertThat(decider.splits(asking(5000), null, List.of())).isFalse();
        assertThat(decider.splits(asking(5000), decode, List.of(decode))).isFalse();
    }

    @Test
    void theMatchOfAnotherProducerCounts() {
        Decider decider =
                decider("prefix-based-pd-decider", "nonCachedTokens", 100, "prefixMatchInfoProducerName", "precise");
        holding(decode, PRODUCER, 0, 16);
        holding(decode, "precise", 60, 16);

        assertThat(decider.splits(asking(1000), decode, List.of(decode))).isFalse();
        assertThat(decider.splits(asking(1060), decode, List.of(decode))).isTrue();
    }

    @Test
    void negativeThresholdsAreRefused() {
        assertThatThrownBy(() -> decider("prefix-based-pd-decider", "nonCachedTokens", -1))
                .hasMessageStartingWith("parameters.nonCachedTokens: -1 (expected:");
    }

    @Test
    void alwaysIsAlwaysAndMediaIsOnlyWithMedia() {
        assertThat(decider("always-disagg-pd-decider").splits(asking(1), decode, List.of()))
                .isTrue();
        assertThat(decider("always-disagg-multimodal-decider").splits(asking(1), decode, List.of()))
                .isFalse();
    }

    private static EndpointState busy(String name, String role, int running, long queuedTokens) {
        EndpointState endpoint = Candidates.labelled(name, Map.of("llm-d.ai/role", role));
        for (int i = 0; i < running; i++) {
            endpoint.load().reserve(i == 0 ? queuedTokens : 0);
        }
        return endpoint;
    }

    /**
     * At 8000 tokens a second, with 20 requests generating: 8000 tokens together take 1 s and hold them up by 20 s, a tenth of
     * which counts. Apart: 1 s behind the queue at the prefill endpoint, and 85 ms for the transfer. Where 9000 tokens wait at the decode
     * endpoint, and one request, together is 2.1 s and 0.1 s, and 1 s for those who come next.
     */
    @ParameterizedTest
    @CsvSource({"0, 0, true", "20, 0, true", "20, 14000, true", "20, 20000, false", "0, 16000, true", "0, 18000, false"
    })
    void whatIsQueuedAtThePrefillEndpointIsWeighedAgainstWhomThePromptHoldsUp(
            int generating, int queued, boolean splits) {
        EndpointState busyDecode = busy("d", "decode", Math.max(1, generating), generating == 0 ? 9000 : 0);
        EndpointState prefill = busy("p", "prefill", 1, queued);

        boolean split = decider("load-aware-pd-decider").splits(asking(8000), busyDecode, List.of(busyDecode, prefill));

        assertThat(split).isEqualTo(splits);
    }

    @Test
    void withoutAPrefillEndpointOrForAShortPromptNothingIsSplit() {
        EndpointState busyDecode = busy("d", "decode", 20, 90_000);
        EndpointState prefill = busy("p", "prefill", 0, 0);

        assertThat(decider("load-aware-pd-decider").splits(asking(8000), busyDecode, List.of(busyDecode)))
                .isFalse();
        assertThat(decider("load-aware-pd-decider").splits(asking(63), busyDecode, List.of(busyDecode, prefill)))
                .isFalse();
        assertThat(decider("load-aware-pd-decider").splits(asking(64), busyDecode, List.of(busyDecode, prefill)))
                .isTrue();
    }

    /** A prefill endpoint that turns out to be ten times slower than believed is no help to a decode endpoint at rest. */
    @Test
    void speedsAreMeasured() {
        MovableClock clock = new MovableClock();
        Decider decider = Plugins.create(Deciders.CATALOG, "load-aware-pd-decider", Map.of(), clock);
        EndpointState prefill = busy("p", "prefill", 0, 0);
        EndpointState atRest = busy("d", "decode", 8, 4000);
        List<EndpointState> candidates = List.of(atRest, prefill);
        assertThat(decider.splits(asking(8000), atRest, candidates)).isTrue();

        for (int i = 0; i < 200; i++) {
            int tokens = 1000 + 100 * (i % 20);
            RequestListener listener = ((RequestHook) decider).follow(asking(tokens), candidates);
            listener.picked(picked(atRest, prefill));
            clock.advance(Duration.ofMillis(tokens * 10L / 8));
            listener.prefilled();
        }

        assertThat(decider.splits(asking(8000), atRest, candidates)).isFalse();
    }

    /** Handoffs that waited 5 s behind prompts at the decode endpoint say nothing of those to an endpoint at rest. */
    @Test
    void whatTheDecodeEndpointIsBusyWithIsNoPartOfTheHandoff() {
        MovableClock clock = new MovableClock();
        Decider decider = Plugins.create(Deciders.CATALOG, "load-aware-pd-decider", Map.of(), clock);
        EndpointState prefill = busy("p", "prefill", 0, 0);
        EndpointState full = busy("full", "decode", 1, 40_000);

        for (int i = 0; i < 200; i++) {
            RequestListener listener = ((RequestHook) decider).follow(asking(8000), List.of(full, prefill));
            listener.picked(picked(full, prefill));
            clock.advance(Duration.ofSeconds(1));
            listener.prefilled();
            clock.advance(Duration.ofMillis(5050));
            listener.firstToken();
        }

        EndpointState atRest = busy("rest", "decode", 8, 4000);
        assertThat(decider.splits(asking(8000), atRest, List.of(atRest, prefill)))
                .isTrue();
    }

    /** What waits at the decode endpoint is as much as may be delayed: nothing where nothing waits, and no more than the own prompt takes. */
    @ParameterizedTest
    @CsvSource({"0, 0, false", "2000, 3000, true", "2000, 4000, false", "16000, 23000, true", "16000, 24000, false"})
    void aPromptDelaysThoseWhoComeNextWhereOthersWait(long waiting, long queuedForPrefill, boolean splits) {
        EndpointState decode = busy("d", "decode", 1, waiting);
        EndpointState prefill = busy("p", "prefill", 1, queuedForPrefill);
        // Without what runs there to be held up: together 1 s and what waits twice, apart 1 s and 85 ms behind the
        // queue.
        Decider decider =
                Plugins.create(Deciders.CATALOG, "load-aware-pd-decider", Map.of("itlWeight", 0), new MovableClock());

        assertThat(decider.splits(asking(8000), decode, List.of(decode, prefill)))
                .isEqualTo(splits);
    }

    /** Prompts that are queued at the decode endpoint are computed there while this one is elsewhere. */
    @Test
    void behindALongQueueAnotherPrefillEndpointSavesTheOwnPromptOnly() {
        EndpointState full = busy("full", "decode", 1, 40_000);

        // Together 5 s and 1 s; apart 5 s, as 3 s and 1 s at the prefill endpoint are over by then, and the transfer.
        assertThat(decider("load-aware-pd-decider")
                        .splits(asking(8000), full, List.of(full, busy("p", "prefill", 1, 24_000))))
                .isTrue();
    }

    private static Decision.Picked picked(EndpointState decode, @Nullable EndpointState prefill) {
        Map<String, ProfileResult.Picked> stages = new HashMap<>();
        stages.put("decode", result(decode));
        if (prefill != null) {
            stages.put(Decision.PREFILL_PROFILE, result(prefill));
        }
        return new Decision.Picked("decode", stages);
    }

    private static ProfileResult.Picked result(EndpointState endpoint) {
        return new ProfileResult.Picked(List.of(endpoint), new ScoredCandidates(List.of(endpoint), new double[] {0}));
    }

    @Test
    void aLineFollowsWhatIsMeasured() {
        DecayedLine line = new DecayedLine(0, 1, 1000);
        for (int i = 0; i < 500; i++) {
            int x = i * 37 % 1000;
            line.note(x, 5 + 0.25 * x);
        }

        assertThat(line.at(0)).isCloseTo(5, org.assertj.core.data.Offset.offset(0.2));
        assertThat(line.at(1000)).isCloseTo(255, org.assertj.core.data.Offset.offset(0.5));
        assertThat(line.perUnit()).isCloseTo(0.25, org.assertj.core.data.Offset.offset(0.001));
    }
}
