package io.bactrian.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.fixture.Candidates;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DecisionTest {
    private static final EndpointState ENDPOINT = Candidates.silent("b");
    private static final Map<String, ProfileResult.Picked> PROFILES = Map.of(
            "decode",
            new ProfileResult.Picked(List.of(ENDPOINT), new ScoredCandidates(List.of(ENDPOINT), new double[1])));

    @Test
    void theWayToTheEndpointNamesWhoseBlocksAreLoadedUntilNobodysAre() {
        Decision.Picked decision = new Decision.Picked("decode", PROFILES);

        Decision.Picked named = decision.loadingFrom(Candidates.endpoint("a"));

        assertThat(named.route())
                .isEqualTo(new Decision.Route(
                        ENDPOINT.endpoint().address(), Map.of("x-kv-cache-source-host-port", "127.0.0.1:8000")));
        assertThat(named.loadingFrom(null).route())
                .isEqualTo(new Decision.Route(ENDPOINT.endpoint().address(), Map.of()));
        assertThat(decision.loadingFrom(null)).isSameAs(decision);
    }

    @Test
    void anotherWayIsKept() {
        InetSocketAddress other = InetSocketAddress.createUnresolved("127.0.0.1", 9000);
        Decision.Route way = new Decision.Route(other, Map.of("x-data-parallel-host-port", "127.0.0.1:8001"));

        Decision.Route named = new Decision.Picked("decode", PROFILES, way)
                .loadingFrom(Candidates.endpoint("a"))
                .route();

        assertThat(named)
                .isEqualTo(new Decision.Route(
                        other,
                        Map.of(
                                "x-data-parallel-host-port",
                                "127.0.0.1:8001",
                                "x-kv-cache-source-host-port",
                                "127.0.0.1:8000")));
    }
}
