package io.bactrian.scheduling.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.fixture.Candidates;
import io.bactrian.fixture.InferenceRequests;
import io.bactrian.fixture.Prompts;
import io.bactrian.request.Finish;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.MediaItem;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.EndpointChoice;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.RequestListener;
import io.bactrian.scheduling.Scheduler;
import io.bactrian.scheduling.SchedulingObserver;
import io.bactrian.scheduling.SchedulingPolicy;
import io.bactrian.scheduling.SchedulingPolicy.Plugin;
import io.bactrian.scheduling.SchedulingPolicy.PluginRef;
import io.bactrian.scheduling.SchedulingPolicy.Profile;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Section 6.3 of llm-d's scheduling: which stages of a request run apart. */
class DisaggregationHandlerTest {
    private static final Plugin ALWAYS = Plugin.ofType("always-disagg-pd-decider");
    private static final Plugin MEDIA = Plugin.ofType("always-disagg-multimodal-decider");
    private static final Map<String, Object> DECIDERS = Map.of(
            "prefill", Map.of("pluginRef", "always-disagg-pd-decider"),
            "encode", Map.of("pluginRef", "always-disagg-multimodal-decider"));

    private final List<String> types = new ArrayList<>();
    private final EndpointState decode = endpoint("d", 21, "decode");
    private final EndpointState prefill = endpoint("p", 11, "prefill");
    private final EndpointState encode = endpoint("e", 31, "encode");

    private static EndpointState endpoint(String name, int host, String role) {
        try {
            InetAddress address = InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) host});
            return Candidates.at(
                    new Endpoint("pool", name, new InetSocketAddress(address, 8000), Map.of("llm-d.ai/role", role)));
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A prompt that shows {@code items} pictures. */
    private static InferenceRequest showing(int items) {
        return InferenceRequests.completion(
                Prompts.showing(Collections.nCopies(items, new MediaItem(MediaItem.IMAGE, "h", 0, 1)), 100));
    }

    @Test
    void decodeFirstRunsAllThreeStagesAndNamesTheOthersInHeaders() {
        Decision.Picked picked = decide(handler(Map.of("deciders", DECIDERS)), showing(1), decode, prefill, encode);

        assertThat(picked.endpoint()).isSameAs(decode);
        assertThat(picked.prefillEndpoint()).isSameAs(prefill);
        assertThat(picked.encodeEndpoints()).containsExactly(encode);
        assertThat(Objects.requireNonNull(picked.route()).headers())
                .isEqualTo(
                        Map.of("x-prefiller-host-port", "10.0.0.11:8000", "x-encoder-hosts-ports", "10.0.0.31:8000"));
        assertThat(types).containsExactly("encode-prefill-decode");
    }

    @Test
    void theFourPermutations() {
        Scheduler all = handler(Map.of("deciders", DECIDERS));
        Scheduler encodeOnly = handler(Map.of("encodeDeciderPluginName", "always-disagg-multimodal-decider"));
        Scheduler none = handler(Map.of());

        decide(all, showing(0), decode, prefill, encode);
        decide(encodeOnly, showing(2), decode, prefill, encode);
        decide(none, showing(2), decode, prefill, encode);

        assertThat(types).containsExactly("prefill-decode", "encode-decode", "decode-only");
    }

    @Test
    void withoutAPrefillEndpointTheRequestGoesOnAlone() {
        Decision.Picked picked = decide(handler(Map.of("deciders", DECIDERS)), showing(0), decode);

        assertThat(picked.prefillEndpoint()).isNull();
        assertThat(picked.route()).isNull();
        assertThat(types).containsExactly("decode-only");
    }

    @Test
    void withoutADecodeEndpointNothingIsServed() {
        Decision decision = handler(Map.of("deciders", DECIDERS)).decide(showing(0), List.of(prefill, encode));

        assertThat(decision).isInstanceOfSatisfying(Decision.Refused.class, refused -> assertThat(refused.message())
                .isEqualTo("failed to find available decode workers"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"prefill-first", "PREFILL_FIRST", "prefill"})
    void prefillFirstAsksNobodyAndTellsDecodeOfItsPeer(String order) {
        InferenceRequest request = showing(0);
        Decision.Picked picked = decide(handler(Map.of("stageOrder", order)), request, decode, prefill);

        assertThat(picked.prefillEndpoint()).isSameAs(prefill);
        assertThat(request.attributes().get(EndpointState.PEER)).isSameAs(prefill);
    }

    @Test
    void decodeFirstTellsPrefillOfItsPeerAndForgetsItWhenChosenAgain() {
        InferenceRequest request = showing(0);
        Scheduler scheduler = handler(Map.of("deciders", DECIDERS));

        decide(scheduler, request, decode, prefill);
        assertThat(request.attributes().get(EndpointState.PEER)).isSameAs(decode);
        decide(handler(Map.of()), request, decode, prefill);
        assertThat(request.attributes().get(EndpointState.PEER)).isNull();
    }

    @Test
    void profilesMayHaveOtherNames() {
        Scheduler scheduler = scheduler(
                List.of(
                        ALWAYS,
                        Plugin.ofType("decode-filter"),
                        Plugin.ofType("prefill-filter"),
                        new Plugin(
                                "h",
                                "disagg-profile-handler",
                                Map.of(
                                        "decodeProfile", "answer",
                                        "prefillProfile", "read",
                                        "deciderPluginName", "always-disagg-pd-decider"))),
                List.of(profile("answer", "decode-filter"), profile("read", "prefill-filter")));

        Decision.Picked picked = decide(scheduler, showing(0), decode, prefill);

        assertThat(picked.primaryProfile()).isEqualTo("answer");
        assertThat(picked.prefillEndpoint()).isSameAs(prefill);
    }

    @Test
    void theOlderHandlerNamesTheRankAndTakesItsDecider() {
        Scheduler scheduler = scheduler(
                List.of(
                        ALWAYS,
                        Plugin.ofType("decode-filter"),
                        Plugin.ofType("prefill-filter"),
                        Plugin.ofType("prefill-header-handler"),
                        new Plugin(
                                "h",
                                "pd-profile-handler",
                                Map.of("deciderPluginName", "always-disagg-pd-decider", "primaryPort", 9000))),
                List.of(profile("decode", "decode-filter"), profile("prefill", "prefill-filter")));

        Decision.Route route = Objects.requireNonNull(
                decide(scheduler, showing(0), decode, prefill).route());

        assertThat(route.address()).isEqualTo(new InetSocketAddress("10.0.0.21", 9000));
        assertThat(route.headers())
                .isEqualTo(Map.of(
                        "x-prefiller-host-port", "10.0.0.11:8000", "x-data-parallel-host-port", "10.0.0.21:8000"));
    }

    @Test
    void whatDoesNotFitIsRefused() {
        assertWrong(
                Map.of("stageOrder", "prefill-first", "deciders", DECIDERS),
                "plugins[5].parameters.stageOrder: prefill-first with a prefill decider (expected");
        assertWrong(
                Map.of("deciders", DECIDERS, "decodeProfile", "decode"),
                "plugins[5].parameters.profiles: given beside the older names");
        assertWrong(Map.of("stageOrder", "sideways"), "plugins[5].parameters.stageOrder: sideways (expected");
        assertWrong(Map.of("deciderPluginName", "nobody"), "plugins[5].parameters.deciders: nobody (expected");
        assertWrong(Map.of("nonsense", 1), "plugins[5].parameters.nonsense: unknown");
        assertWrong(
                Map.of("profiles", Map.of("decode", "x")),
                "schedulingProfiles: [decode, prefill, encode] (expected: one");
        assertWrong(
                Map.of("profiles", Map.of("prefill", "decode")),
                "plugins[5].parameters.profiles: [decode, decode, encode] (expected");
    }

    @Test
    void thePromptIsLoadWhereItIsComputed() {
        EndpointChoice choice = new EndpointChoice(
                handler(Map.of("deciders", DECIDERS)),
                showing(0),
                List.of(decode, prefill),
                RequestListener.NONE,
                new Finish());

        Decision.Picked picked = (Decision.Picked) choice.decide();
        assertThat(prefill.load().promptTokens()).isEqualTo(100);
        assertThat(decode.load().promptTokens()).isZero();
        assertThat(decode.load().requests()).as("known to come").isEqualTo(1);

        choice.withoutPrefill(picked);
        assertThat(prefill.load().requests()).isZero();
        assertThat(decode.load().promptTokens()).isEqualTo(100);
    }

    private void assertWrong(Map<String, Object> parameters, String message) {
        assertThatThrownBy(() -> handler(parameters)).hasMessageStartingWith(message);
    }

    private Scheduler handler(Map<String, Object> parameters) {
        return scheduler(
                List.of(
                        Plugin.ofType("decode-filter"),
                        Plugin.ofType("prefill-filter"),
                        Plugin.ofType("encode-filter"),
                        ALWAYS,
                        MEDIA,
                        new Plugin("disagg-profile-handler", "disagg-profile-handler", parameters)),
                List.of(
                        profile("decode", "decode-filter"),
                        profile("prefill", "prefill-filter"),
                        profile("encode", "encode-filter")));
    }

    private static Profile profile(String name, String plugin) {
        return new Profile(name, List.of(new PluginRef(plugin, 1)));
    }

    private static Decision.Picked decide(Scheduler scheduler, InferenceRequest request, EndpointState... candidates) {
        return (Decision.Picked) scheduler.decide(request, List.of(candidates));
    }

    private Scheduler scheduler(List<Plugin> plugins, List<Profile> profiles) {
        Random random = new Random(1);
        SchedulingObserver observer = new SchedulingObserver() {
            @Override
            public void disaggregated(InferenceRequest request, String name, String type, String decision) {
                types.add(decision);
            }
        };
        return Schedulers.assemble(
                1,
                new SchedulingPolicy(plugins, profiles),
                new PluginServices(
                        new EndpointPool("pool", Set.of("m"), Duration.ofSeconds(1)),
                        observer,
                        Runnable::run,
                        InstantSource.system()),
                () -> random);
    }
}
