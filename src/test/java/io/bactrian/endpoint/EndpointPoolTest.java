package io.bactrian.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.fixture.Candidates;
import io.bactrian.fixture.MovableClock;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class EndpointPoolTest {
    private final EndpointBreakers breakers = new EndpointBreakers(BreakerSettings.DEFAULTS, new MovableClock());
    private final EndpointPool pool = new EndpointPool("pool", Set.of("m"), Duration.ofSeconds(1), breakers);

    @Test
    void anEndpointKeepsItsBreakerUntilItLeavesOrMoves() {
        pool.replaceEndpoints(List.of(Candidates.endpoint("a"), Candidates.endpoint("b")));
        EndpointBreaker first = breaker(0);

        pool.replaceEndpoints(List.of(Candidates.endpoint("a")));
        assertThat(breaker(0)).isSameAs(first);
        assertThat(breakers.registry().getAllCircuitBreakers()).hasSize(1);

        pool.replaceEndpoints(
                List.of(new Endpoint("pool", "a", InetSocketAddress.createUnresolved("127.0.0.1", 1), Map.of())));
        assertThat(breaker(0)).isNotSameAs(first);
        assertThat(breakers.registry().getAllCircuitBreakers()).hasSize(1);
    }

    @Test
    void aStaleSignalIsAbsentToTheRequest() {
        pool.replaceEndpoints(List.of(Candidates.endpoint("a")));
        pool.beginReport(pool.snapshot().members().get(0)).done(Candidates.report(3, 0.5));

        EndpointState fresh = pool.candidates(Candidates.NOW.plusSeconds(1)).get(0);
        EndpointState stale = pool.candidates(Candidates.NOW.plusMillis(1001)).get(0);

        assertThat(fresh.waitingRequests()).isEqualTo(3);
        assertThat(stale.waitingRequests()).isNaN();
        assertThat(stale.metrics().kvCacheUsage().isPresent()).isFalse();
    }

    @Test
    void tellsOfChangesWhenTheyAreVisible() {
        AtomicInteger seen = new AtomicInteger();
        pool.onMembersChanged(() -> seen.set(pool.snapshot().members().size()));

        pool.replaceEndpoints(List.of(Candidates.endpoint("a"), Candidates.endpoint("b")));

        assertThat(seen).hasValue(2);
    }

    private EndpointBreaker breaker(int member) {
        return pool.snapshot().members().get(member).breaker();
    }
}
