package io.bactrian.scheduling.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.fixture.Candidates;
import io.bactrian.fixture.InferenceRequests;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.InferenceException;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.PluginServices;
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
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Section 6.2 of llm-d's scheduling. */
class ProfileHandlersTest {
    private static final EndpointState DECODER = Candidates.labelled("d", Map.of("llm-d.ai/role", "decode"));
    private static final EndpointState PREFILLER = Candidates.labelled("p", Map.of("llm-d.ai/role", "prefill"));

    @Test
    void aHeaderNamesTheProfile() {
        Scheduler scheduler = scheduler(
                List.of(
                        new Plugin("header-profile-handler", "header-profile-handler", Map.of()),
                        Plugin.ofType("decode-filter"),
                        Plugin.ofType("prefill-filter")),
                List.of(profile("decode", "decode-filter"), profile("prefill", "prefill-filter")));

        assertThat(picked(scheduler, Map.of("epp-profile", "prefill"), DECODER, PREFILLER)
                        .endpoint())
                .isSameAs(PREFILLER);
        assertThat(picked(scheduler, Map.of(), DECODER, PREFILLER).endpoint()).isSameAs(DECODER);
        assertThatThrownBy(() -> picked(scheduler, Map.of("epp-profile", "x"), DECODER))
                .isInstanceOfSatisfying(InferenceException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.BAD_REQUEST);
                    assertThat(e).hasMessage("EPP-Profile: x (expected: one of [decode, prefill])");
                });
    }

    @Test
    void theOnlyProfileRunsWhateverTheHeaderSays() {
        Scheduler scheduler = scheduler(
                List.of(
                        new Plugin("h", "header-profile-handler", Map.of("headerName", "x-p", "defaultProfile", "y")),
                        Plugin.ofType("queue-scorer")),
                List.of(profile("only", "queue-scorer")));

        assertThat(picked(scheduler, Map.of("x-p", "nonsense"), DECODER).primaryProfile())
                .isEqualTo("only");
    }

    @Test
    void aDataParallelRankIsReachedThroughThePrimaryPort() throws UnknownHostException {
        Scheduler scheduler = scheduler(
                List.of(
                        new Plugin("h", "data-parallel-profile-handler", Map.of("primaryPort", 9000)),
                        Plugin.ofType("queue-scorer")),
                List.of(profile("only", "queue-scorer")));
        EndpointState rank = Candidates.at(new Endpoint(
                "pool",
                "pod-rank-3",
                new InetSocketAddress(InetAddress.getByAddress(new byte[] {10, 0, 0, 7}), 8003),
                Map.of()));

        Decision.Picked picked = picked(scheduler, Map.of(), rank);

        assertThat(picked.endpoint()).isSameAs(rank);
        Decision.Route route = java.util.Objects.requireNonNull(picked.route());
        assertThat(route.address()).isEqualTo(new InetSocketAddress("10.0.0.7", 9000));
        assertThat(route.headers()).isEqualTo(Map.of("x-data-parallel-host-port", "10.0.0.7:8003"));
    }

    @Test
    void dataParallelWantsOneProfile() {
        assertThatThrownBy(() -> scheduler(
                        List.of(Plugin.ofType("data-parallel-profile-handler")),
                        List.of(new Profile("a", List.of()), new Profile("b", List.of()))))
                .hasMessage("schedulingProfiles: [a, b] (expected: exactly one with data-parallel-profile-handler)");
    }

    private static Profile profile(String name, String plugin) {
        return new Profile(name, List.of(new PluginRef(plugin, 1)));
    }

    private static Decision.Picked picked(
            Scheduler scheduler, Map<String, String> headers, EndpointState... candidates) {
        InferenceRequest request = InferenceRequests.with(headers);
        return (Decision.Picked) scheduler.decide(request, List.of(candidates));
    }

    private static Scheduler scheduler(List<Plugin> plugins, List<Profile> profiles) {
        Random random = new Random(1);
        return Schedulers.assemble(
                1,
                new SchedulingPolicy(plugins, profiles),
                new PluginServices(
                        new EndpointPool("pool", Set.of("m"), Duration.ofSeconds(1)),
                        SchedulingObserver.NONE,
                        Runnable::run,
                        InstantSource.system()),
                () -> random);
    }
}
