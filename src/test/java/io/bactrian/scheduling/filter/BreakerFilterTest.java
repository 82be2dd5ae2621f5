package io.bactrian.scheduling.filter;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.endpoint.BreakerSettings;
import io.bactrian.endpoint.EndpointBreakers;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.fixture.Candidates;
import io.bactrian.fixture.InferenceRequests;
import io.bactrian.fixture.MovableClock;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.Prompt;
import io.bactrian.scheduling.Filter;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.SchedulingObserver;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BreakerFilterTest {
    private static final InferenceRequest REQUEST = InferenceRequests.completion(Prompt.NONE);

    private final MovableClock clock = new MovableClock();
    private final List<String> ignored = new ArrayList<>();
    private final EndpointPool pool = new EndpointPool(
            "pool", Set.of("m"), Duration.ofSeconds(1), new EndpointBreakers(BreakerSettings.DEFAULTS, clock));
    private final Filter filter = filter(Map.of());

    @Test
    void leavesHealthyEndpointsAlone() {
        List<EndpointState> candidates = candidates(3);

        assertThat(filter.filter(REQUEST, candidates)).isSameAs(candidates);
    }

    @Test
    void removesAnEndpointWhoseBreakerIsOpenUntilItIsTimeForAProbe() {
        List<EndpointState> candidates = candidates(3);
        breakDown(candidates.get(1));

        assertThat(filter.filter(REQUEST, candidates)).containsExactly(candidates.get(0), candidates.get(2));

        clock.advance(BreakerSettings.DEFAULTS.openFor().plusMillis(1));
        assertThat(filter.filter(REQUEST, candidates)).isEqualTo(candidates);

        for (int i = 0; i < BreakerSettings.DEFAULTS.probes(); i++) {
            assertThat(candidates.get(1).tryAcquire()).isNotNull();
        }
        assertThat(filter.filter(REQUEST, candidates)).containsExactly(candidates.get(0), candidates.get(2));
    }

    @Test
    void halfOfThePoolMayGo() {
        List<EndpointState> candidates = candidates(4);
        breakDown(candidates.get(0));
        breakDown(candidates.get(1));

        assertThat(filter.filter(REQUEST, candidates)).hasSize(2);
        assertThat(ignored).isEmpty();
    }

    @Test
    void moreThanHalfOfThePoolStaysAndCanBeSentTo() {
        List<EndpointState> candidates = candidates(3);
        breakDown(candidates.get(0));
        breakDown(candidates.get(1));
        assertThat(candidates.get(0).tryAcquire()).isNull();

        assertThat(filter.filter(REQUEST, candidates)).isEqualTo(candidates);
        assertThat(ignored).containsExactly("breaker-filter 2/3");
        assertThat(candidates.get(0).tryAcquire()).isNotNull();
    }

    @Test
    void theShareIsAParameter() {
        List<EndpointState> candidates = candidates(4);
        candidates.forEach(BreakerFilterTest::breakDown);

        assertThat(filter(Map.of("maxEjectedShare", 1)).filter(REQUEST, candidates))
                .isEmpty();
        assertThat(filter(Map.of("maxEjectedShare", 0.99)).filter(REQUEST, candidates))
                .hasSize(4);
    }

    private Filter filter(Map<String, Object> parameters) {
        SchedulingObserver observer = new SchedulingObserver() {
            @Override
            public void filterIgnored(String filterType, int ejected, int candidates) {
                ignored.add(filterType + " " + ejected + "/" + candidates);
            }
        };
        return Objects.requireNonNull(Filters.CATALOG.get("breaker-filter"))
                .create(
                        new PluginParameters("f", "plugins[0].parameters", parameters),
                        new PluginServices(pool, observer, Runnable::run, InstantSource.system()));
    }

    private List<EndpointState> candidates(int count) {
        pool.replaceEndpoints(IntStream.range(0, count)
                .mapToObj(i -> Candidates.endpoint("e" + i))
                .toList());
        return pool.candidates(Candidates.NOW);
    }

    private static void breakDown(EndpointState candidate) {
        for (int i = 0; i < BreakerSettings.DEFAULTS.minRequests(); i++) {
            Objects.requireNonNull(candidate.tryAcquire()).error(new Exception("no connection"));
        }
    }
}
