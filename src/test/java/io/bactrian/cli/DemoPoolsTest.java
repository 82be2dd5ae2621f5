package io.bactrian.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.endpoint.EndpointRole;
import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.simulator.SimulatedModelServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DemoPoolsTest {

    @Test
    void longPromptsOfOnePoolAreComputedApart() {
        try (DemoPools pools = new DemoPools()) {
            RouterFixture.Builder builder = RouterFixture.builder();
            pools.properties().forEach(builder::property);
            try (RouterFixture router = builder.build().start()) {
                HttpAnswer aggregated = ask(router, DemoPools.AGGREGATED, "Hello");
                HttpAnswer shortOne = ask(router, DemoPools.DISAGGREGATED, "Hello");
                assertThat(prefill(pools).transfers().transfers()).isZero();
                HttpAnswer longOne = ask(router, DemoPools.DISAGGREGATED, "one two three four ".repeat(60));

                assertThat(aggregated.status()).isEqualTo(200);
                assertThat(shortOne.status()).isEqualTo(200);
                assertThat(longOne.status()).isEqualTo(200);
                assertThat(prefill(pools).transfers().transfers()).isOne();
                router.awaitQuiet();
            }
        }
    }

    private static SimulatedModelServer prefill(DemoPools pools) {
        return pools.servers().stream()
                .filter(server -> server.options().role() == EndpointRole.PREFILL)
                .findFirst()
                .orElseThrow();
    }

    private static HttpAnswer ask(RouterFixture router, String model, String prompt) {
        return RawClient.exchange(
                router.port(),
                Requests.post("{\"model\":\"" + model
                        + "\",\"max_tokens\":4,\"messages\":[{\"role\":\"user\",\"content\":\"" + prompt + "\"}]}"));
    }
}
