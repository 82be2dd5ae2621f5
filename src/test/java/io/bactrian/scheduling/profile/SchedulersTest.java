package io.bactrian.scheduling.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.bactrian.endpoint.BreakerSettings;
import io.bactrian.endpoint.EndpointBreakers;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.fixture.Candidates;
import io.bactrian.fixture.InferenceRequests;
import io.bactrian.fixture.MovableClock;
import io.bactrian.fixture.Prompts;
import io.bactrian.kvcache.PrefixMatch;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.Prompt;
import io.bactrian.request.PromptSink;
import io.bactrian.scheduling.DataProducer;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.ExtensionPoint;
import io.bactrian.scheduling.PluginName;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.ProfileResult;
import io.bactrian.scheduling.RequestListener;
import io.bactrian.scheduling.Scheduler;
import io.bactrian.scheduling.SchedulingObserver;
import io.bactrian.scheduling.SchedulingPolicy;
import io.bactrian.scheduling.SchedulingPolicy.Plugin;
import io.bactrian.scheduling.SchedulingPolicy.PluginRef;
import io.bactrian.scheduling.SchedulingPolicy.Profile;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SchedulersTest {
    private static final InferenceRequest REQUEST = InferenceRequests.completion(Prompt.NONE);

    private final List<String> observed = new ArrayList<>();
    private @Nullable LongSupplier pluginClock;
    private long nanos;
    private final EndpointPool pool = new EndpointPool(
            "pool",
            Set.of("m"),
            Duration.ofSeconds(1),
            new EndpointBreakers(BreakerSettings.DEFAULTS, new MovableClock()));

    /** The worked example of llm-d's default profile. */
    @Test
    void theDefaultPolicyWeighsQueueCacheAndPrefix() {
        EndpointState a = candidate("a", 0, 0.10, 0);
        EndpointState b = candidate("b", 3, 0.55, 6);
        EndpointState c = candidate("c", 12, 0.93, 10);

        Decision.Picked picked = picked(scheduler(SchedulingPolicy.DEFAULT).decide(REQUEST, List.of(a, b, c)));

        assertThat(picked.endpoint()).isSameAs(b);
        assertThat(picked.primaryProfile()).isEqualTo("default");
        ProfileResult.Picked result = picked.primary();
        assertThat(result.scored().total(0)).isCloseTo(3.80, within(1e-9));
        assertThat(result.scored().total(1)).isCloseTo(4.20, within(1e-9));
        assertThat(result.scored().total(2)).isCloseTo(3.14, within(1e-9));
        assertThat(observed).containsExactly("decided 3");
    }

    @Test
    void theDefaultPolicyFollowsThePrefixItSent() {
        Scheduler scheduler = scheduler(SchedulingPolicy.DEFAULT);
        pool.replaceEndpoints(List.of(Candidates.endpoint("a"), Candidates.endpoint("b"), Candidates.endpoint("c")));
        InferenceRequest request = InferenceRequests.completion(Prompts.text("x".repeat(5000)));

        EndpointState first = serve(scheduler, request);

        for (int i = 0; i < 20; i++) {
            assertThat(serve(scheduler, request).endpoint()).isEqualTo(first.endpoint());
        }
    }

    @Test
    void anEndpointWithoutAReportLosesAgainstAnEqualOne() {
        Scheduler scheduler = scheduler(SchedulingPolicy.DEFAULT);
        EndpointState fresh = candidate("fresh", 9, 0.9, 0);
        EndpointState silent = Candidates.silent("silent");
        EndpointState stale = Candidates.withMetrics(
                "stale", Candidates.report(9, 0.9).fresh(Candidates.NOW.plusSeconds(9), Duration.ofSeconds(1)));

        for (int i = 0; i < 50; i++) {
            assertThat(picked(scheduler.decide(REQUEST, List.of(silent, fresh, stale)))
                            .endpoint())
                    .isSameAs(fresh);
        }
    }

    @Test
    void withoutCandidatesTheRequestIsRefused() {
        Decision decision = scheduler(SchedulingPolicy.DEFAULT).decide(REQUEST, List.of());

        assertThat(decision).isInstanceOfSatisfying(Decision.Refused.class, refused -> {
            assertThat(refused.code()).isEqualTo(ErrorCode.NO_ENDPOINT);
            assertThat(refused.droppedReason()).isEqualTo("rejected-no-endpoints");
        });
        assertThat(observed).containsExactly("decided 0");
    }

    @Test
    void whenEveryCandidateIsFilteredOutTheRequestIsRefused() {
        Scheduler scheduler = scheduler(new SchedulingPolicy(
                List.of(new Plugin("strict", "breaker-filter", Map.of("maxEjectedShare", 1.0))),
                List.of(new Profile("default", List.of(new PluginRef("strict", 1))))));
        EndpointState broken = candidate("a", 0, 0, 0);
        breakDown(broken);

        Decision decision = scheduler.decide(REQUEST, List.of(broken));

        assertThat(decision)
                .isInstanceOfSatisfying(Decision.Refused.class, refused -> assertThat(refused.droppedReason())
                        .isEqualTo("rejected-saturated"));
    }

    @Test
    void theBreakerFilterStandsInEveryProfile() {
        EndpointState broken = candidate("a", 0, 0, 10);
        EndpointState healthy = candidate("b", 99, 1, 0);
        breakDown(broken);

        assertThat(picked(scheduler(SchedulingPolicy.DEFAULT).decide(REQUEST, List.of(broken, healthy)))
                        .endpoint())
                .isSameAs(healthy);
    }

    @Test
    void aProducerThatFailsIsPassedOver() {
        Scheduler scheduler = scheduler(SchedulingPolicy.DEFAULT);
        Prompt torn = Prompts.of(List.of((PromptSink sink) -> {
            throw new IllegalStateException("bytes are gone");
        }));
        List<EndpointState> candidates = List.of(candidate("a", 0, 0, 0));

        RequestListener listener = enrich(scheduler, InferenceRequests.completion(torn), candidates);
        Decision.Picked picked = picked(scheduler.decide(REQUEST, candidates));
        listener.picked(picked);

        assertThat(observed).containsExactly("producer failed: bytes are gone", "decided 1");
    }

    @Test
    void aWeightOfZeroSilencesAScorer() {
        Scheduler scheduler = scheduler(new SchedulingPolicy(
                List.of(Plugin.ofType("queue-scorer"), Plugin.ofType("kv-cache-utilization-scorer")),
                List.of(new Profile(
                        "p",
                        List.of(new PluginRef("queue-scorer", 0), new PluginRef("kv-cache-utilization-scorer", 1))))));

        EndpointState idle = candidate("a", 0, 0.9, 0);
        EndpointState empty = candidate("b", 50, 0.1, 0);
        assertThat(picked(scheduler.decide(REQUEST, List.of(idle, empty))).endpoint())
                .isSameAs(empty);
    }

    @Test
    void wrongPoliciesNamePathValueAndExpectation() {
        Profile profile = new Profile("p", List.of(new PluginRef("queue-scorer", 1)));
        Plugin queue = Plugin.ofType("queue-scorer");

        assertWrong(
                new SchedulingPolicy(List.of(queue, Plugin.ofType("nonsense")), List.of(profile)),
                "plugins[1].type: nonsense (expected: one of [active-request-scorer,");
        assertWrong(
                new SchedulingPolicy(List.of(queue, queue), List.of(profile)),
                "plugins[1].name: queue-scorer (expected: a name of its own)");
        assertWrong(
                new SchedulingPolicy(
                        List.of(new Plugin("queue-scorer", "queue-scorer", Map.of("x", 1))), List.of(profile)),
                "plugins[0].parameters.x: unknown (expected: no parameters)");
        assertWrong(
                new SchedulingPolicy(List.of(queue), List.of(new Profile("p", List.of(new PluginRef("other", 1))))),
                "schedulingProfiles[0].plugins[0].pluginRef: other (expected: one of [queue-scorer");
        assertWrong(
                new SchedulingPolicy(
                        List.of(queue), List.of(new Profile("p", List.of(new PluginRef("queue-scorer", Double.NaN))))),
                "schedulingProfiles[0].plugins[0].weight: NaN (expected: a finite number)");
        assertWrong(
                new SchedulingPolicy(List.of(queue), List.of(profile, new Profile("q", List.of()))),
                "schedulingProfiles: [p, q] (expected: exactly one with single-profile-handler)");
        assertWrong(
                new SchedulingPolicy(
                        List.of(
                                new Plugin("a", "max-score-picker", Map.of()),
                                new Plugin("b", "max-score-picker", Map.of())),
                        List.of(new Profile("p", List.of(new PluginRef("a", 1), new PluginRef("b", 1))))),
                "schedulingProfiles[0].plugins[1].pluginRef: b (expected: one picker at most)");
        assertWrong(
                new SchedulingPolicy(
                        List.of(new Plugin(
                                "prefix-cache-scorer",
                                "prefix-cache-scorer",
                                Map.of("prefixMatchInfoProducerName", "precise"))),
                        List.of(new Profile("p", List.of(new PluginRef("prefix-cache-scorer", 1))))),
                "plugins: none is a producer named precise of PrefixCacheMatchInfoDataKey (expected");
    }

    @Test
    void thePluginsOfADecisionAreTimedUnderTheirNames() {
        pool.replaceEndpoints(List.of(Candidates.endpoint("a")));
        pluginClock = () -> nanos += 5;

        serve(scheduler(SchedulingPolicy.DEFAULT), REQUEST);

        assertThat(observed)
                .contains(
                        "DataProducer approx-prefix-cache-producer 5",
                        "ProfilePicker single-profile-handler 5",
                        "Filter breaker-filter 5",
                        "Scorer queue-scorer 5",
                        "Scorer kv-cache-utilization-scorer 5",
                        "Scorer prefix-cache-scorer 5",
                        "Picker max-score-picker 5",
                        "ProcessProfilesResults single-profile-handler 5");
    }

    private void assertWrong(SchedulingPolicy policy, String message) {
        assertThatThrownBy(() -> scheduler(policy))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message);
    }

    private Scheduler scheduler(SchedulingPolicy policy) {
        SchedulingObserver observer = new SchedulingObserver() {
            @Override
            public void decided(InferenceRequest request, int candidates, Decision decision) {
                observed.add("decided " + candidates);
            }

            @Override
            public @Nullable LongSupplier pluginClock() {
                return pluginClock;
            }

            @Override
            public void pluginRan(ExtensionPoint point, PluginName plugin, long took) {
                observed.add(point.label() + " " + plugin.type() + " " + took);
            }

            @Override
            public void producerFailed(DataProducer producer, Throwable cause) {
                observed.add("producer failed: " + cause.getMessage());
            }
        };
        Random random = new Random(1);
        return Schedulers.assemble(
                1, policy, new PluginServices(pool, observer, Runnable::run, InstantSource.system()), () -> random);
    }

    private static RequestListener enrich(
            Scheduler scheduler, InferenceRequest request, List<EndpointState> candidates) {
        List<RequestListener> followers = new ArrayList<>();
        scheduler.enrich(request, candidates, Runnable::run, followers::add);
        assertThat(followers).hasSize(1);
        return followers.get(0);
    }

    private EndpointState serve(Scheduler scheduler, InferenceRequest request) {
        List<EndpointState> candidates = pool.candidates(Candidates.NOW);
        RequestListener listener = enrich(scheduler, request, candidates);
        Decision.Picked picked = picked(scheduler.decide(request, candidates));
        listener.picked(picked);
        return picked.endpoint();
    }

    private static Decision.Picked picked(Decision decision) {
        assertThat(decision).isInstanceOf(Decision.Picked.class);
        return (Decision.Picked) decision;
    }

    private static EndpointState candidate(String name, double waiting, double kvCacheUsage, int matchBlocks) {
        EndpointState candidate = Candidates.reporting(name, waiting, kvCacheUsage);
        candidate.put(PrefixMatch.key("approx-prefix-cache-producer"), new PrefixMatch(matchBlocks, 10, 64));
        return candidate;
    }

    private static void breakDown(EndpointState candidate) {
        for (int i = 0; i < BreakerSettings.DEFAULTS.minRequests(); i++) {
            Objects.requireNonNull(candidate.tryAcquire()).error(new Exception("no connection"));
        }
    }
}
