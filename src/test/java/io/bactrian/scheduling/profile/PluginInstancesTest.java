package io.bactrian.scheduling.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bactrian.endpoint.EndpointPool;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.fixture.Candidates;
import io.bactrian.fixture.InferenceRequests;
import io.bactrian.fixture.Prompts;
import io.bactrian.kvcache.PrefixMatch;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.PluginServices;
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
import org.junit.jupiter.api.Test;

/** What a pool has learnt survives a new policy, unless what learnt it is configured anew. */
class PluginInstancesTest {
    private final EndpointPool pool = new EndpointPool("pool", Set.of("m"), Duration.ofSeconds(1));
    private final PluginInstances instances = new PluginInstances();
    private final InferenceRequest request = InferenceRequests.completion(Prompts.text("x".repeat(64 * 4 * 3)));
    private final Random random = new Random(1);

    @Test
    void theIndexSurvivesAChangeOfSomethingElse() {
        pool.replaceEndpoints(List.of(Candidates.endpoint("a")));
        serve(assemble(policy(Map.of(), "queue-scorer")));

        assertThat(matched(assemble(policy(Map.of(), "running-requests-size-scorer"))))
                .isEqualTo(3);
    }

    @Test
    void theIndexStartsAnewWithOtherParameters() {
        pool.replaceEndpoints(List.of(Candidates.endpoint("a")));
        serve(assemble(policy(Map.of(), "queue-scorer")));

        assertThat(matched(assemble(policy(Map.of("lruCapacityPerServer", 9), "queue-scorer"))))
                .isZero();
    }

    @Test
    void aWrongPolicyChangesNothing() {
        pool.replaceEndpoints(List.of(Candidates.endpoint("a")));
        serve(assemble(policy(Map.of(), "queue-scorer")));

        assertThatThrownBy(() -> assemble(policy(Map.of("lruCapacityPerServer", 9), "nonsense")))
                .isInstanceOf(IllegalArgumentException.class);

        assertThat(matched(assemble(policy(Map.of(), "queue-scorer")))).isEqualTo(3);
        pool.replaceEndpoints(List.of());
        pool.replaceEndpoints(List.of(Candidates.endpoint("a")));
        assertThat(matched(assemble(policy(Map.of(), "queue-scorer"))))
                .as("the index still hears of its pool")
                .isZero();
    }

    private static SchedulingPolicy policy(Map<String, Object> parameters, String scorer) {
        return new SchedulingPolicy(
                List.of(
                        new Plugin("approx-prefix-cache-producer", "approx-prefix-cache-producer", parameters),
                        Plugin.ofType("prefix-cache-scorer"),
                        Plugin.ofType(scorer)),
                List.of(new Profile("p", List.of(new PluginRef("prefix-cache-scorer", 1), new PluginRef(scorer, 1)))));
    }

    private Scheduler assemble(SchedulingPolicy policy) {
        return Schedulers.assemble(
                1,
                policy,
                new PluginServices(pool, SchedulingObserver.NONE, Runnable::run, InstantSource.system()),
                instances,
                () -> random);
    }

    private void serve(Scheduler scheduler) {
        List<EndpointState> candidates = pool.candidates(Candidates.NOW);
        List<RequestListener> followers = new ArrayList<>();
        scheduler.enrich(request, candidates, Runnable::run, followers::add);
        followers.get(0).picked((Decision.Picked) scheduler.decide(request, candidates));
    }

    private int matched(Scheduler scheduler) {
        List<EndpointState> candidates = pool.candidates(Candidates.NOW);
        scheduler.enrich(request, candidates, Runnable::run, listener -> {});
        return Objects.requireNonNull(candidates.get(0).get(PrefixMatch.keyOrDefault("")))
                .matchBlocks();
    }
}
