package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bactrian.endpoint.EndpointRole;
import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.fixture.SidecarUnderTest;
import io.bactrian.fixture.SplitPool;
import io.bactrian.simulator.SharedKvStore;
import io.bactrian.simulator.SimulatedModelServer;
import io.bactrian.simulator.SimulatedModelServerOptions;
import io.bactrian.simulator.TransferSnapshot;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A gateway that leaves the split to sidecars, our sidecars, and servers that really hand blocks over. */
@Timeout(120)
class SidecarSimulatedJourneyTest {
    private static final String WORDS = "one two three four five six seven eight nine ten eleven twelve ".repeat(12);

    @TempDir
    private Path dir = Path.of("");

    private final List<SimulatedModelServer> servers = new ArrayList<>();
    private final List<RouterFixture> routers = new ArrayList<>(); // those that are asked first, first
    private final SharedKvStore store = new SharedKvStore(100_000);

    @AfterEach
    void close() {
        try {
            routers.forEach(RouterFixture::awaitQuiet);
        } finally {
            routers.forEach(RouterFixture::close);
            servers.forEach(SimulatedModelServer::close);
        }
    }

    private SimulatedModelServer server(EndpointRole role) {
        SimulatedModelServer server = SimulatedModelServer.builder()
                .options(SimulatedModelServerOptions.builder()
                        .models("demo")
                        .role(role)
                        .sharedKv(store)
                        .build())
                .start();
        servers.add(server);
        return server;
    }

    private RouterFixture sidecar(String connector, SimulatedModelServer engine, int prefill, int transferPort) {
        String port = String.valueOf(transferPort);
        RouterFixture sidecar = new SidecarUnderTest(engine.port())
                .allowing(prefill)
                .split("kv-connector", connector)
                .split("sglang-bootstrap-port", port)
                .split("mooncake-bootstrap-port", port)
                .split("p2p-port", port)
                .start();
        routers.add(0, sidecar);
        return sidecar;
    }

    /** The prefill server is told where the engine is. */
    @Test
    void blocksArePushedToTheEngine() {
        SimulatedModelServer prefill = server(EndpointRole.PREFILL);
        SimulatedModelServer decode = server(EndpointRole.DECODE);
        RouterFixture sidecar = new SidecarUnderTest(decode.port())
                .allowing(prefill.port())
                .property("bactrian.sidecar.pod-ip", "127.0.0.1")
                .split("kv-connector", "lmcache")
                .split("lmcache.init-port", String.valueOf(decode.transferPort()))
                .start();
        routers.add(0, sidecar);

        HttpAnswer answer = RawClient.exchange(
                gateway(prefill.port(), sidecar.port()).port(),
                Requests.postTo(
                        "/v1/completions",
                        "{\"model\":\"demo\",\"prompt\":\"" + WORDS + "\",\"max_tokens\":6,\"ignore_eos\":true}"));

        assertThat(answer.text()).contains("\"completion_tokens\":6");
        assertThat(decode.transfers().loads()).isOne();
        assertThat(decode.transfers().pinnedBlocks()).isZero();
    }

    private RouterFixture gateway(int prefill, int decode) {
        RouterFixture gateway = new SplitPool(dir)
                .split("mode", "sidecar")
                .at("prefill", prefill)
                .at("decode", decode)
                .start();
        routers.add(0, gateway);
        return gateway;
    }

    private static void ask(RouterFixture gateway) {
        for (int i = 0; i < 6; i++) {
            boolean streams = i % 2 == 1;
            HttpAnswer answer = RawClient.exchange(
                    gateway.port(),
                    Requests.post(
                            "{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":\"Request " + i + ": "
                                    + WORDS + "\"}],\"max_tokens\":6,\"ignore_eos\":true,\"stream\":" + streams
                                    + (streams ? ",\"stream_options\":{\"include_usage\":true}" : "") + "}"));
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.text()).contains("\"completion_tokens\":6");
            assertThat(answer.complete()).isTrue();
        }
    }

    private static void assertHandedOver(SimulatedModelServer prefill, SimulatedModelServer decode) {
        assertThat(decode.transfers().loads()).isGreaterThanOrEqualTo(6);
        assertThat(decode.transfers().failedLoads()).isZero();
        await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> {
            TransferSnapshot kept = prefill.transfers();
            assertThat(kept.pinnedBlocks()).as("blocks held").isZero();
            assertThat(kept.secondReads()).as("blocks fetched twice").isZero();
            assertThat(kept.mismatches()).as("blocks of another prompt").isZero();
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"nixlv2", "sglang", "mooncake", "offloading", "shared-storage"})
    void aGatewaysHeadersHaveTheBlocksHandedOver(String connector) {
        SimulatedModelServer prefill = server(EndpointRole.PREFILL);
        SimulatedModelServer decode = server(EndpointRole.DECODE);
        RouterFixture sidecar = sidecar(connector, decode, prefill.port(), prefill.transferPort());

        ask(gateway(prefill.port(), sidecar.port()));

        assertHandedOver(prefill, decode);
    }

    @Test
    void aPrefillServerMayHaveASidecarToo() {
        SimulatedModelServer prefill = server(EndpointRole.PREFILL);
        SimulatedModelServer decode = server(EndpointRole.DECODE);
        RouterFixture first = sidecar("nixlv2", prefill, 1, prefill.transferPort());
        RouterFixture second = sidecar("nixlv2", decode, first.port(), prefill.transferPort());

        ask(gateway(first.port(), second.port()));

        assertHandedOver(prefill, decode);
    }

    @Test
    void aPromptThatNobodyElseComputesIsComputedByTheEngine() {
        SimulatedModelServer decode = server(EndpointRole.DECODE);
        RouterFixture sidecar = sidecar("nixlv2", decode, 1, 1);

        ask(gateway(1, sidecar.port())); // nobody listens there: the gateway names it all the same

        assertThat(decode.transfers().loads()).isZero();
    }
}
