package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bactrian.endpoint.EndpointRole;
import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.PickedGateway;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.fixture.SidecarUnderTest;
import io.bactrian.fixture.SplitPool;
import io.bactrian.fixture.TransferringServers;
import io.bactrian.relay.RelayRecord;
import io.bactrian.simulator.SimulatedModelServer;
import java.nio.file.Path;
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
    @TempDir
    private Path dir = Path.of("");

    private final List<RouterFixture> routers = new ArrayList<>(); // those that are asked first, first
    private final TransferringServers servers = new TransferringServers();

    @AfterEach
    void close() {
        try {
            routers.forEach(RouterFixture::awaitQuiet);
        } finally {
            routers.forEach(RouterFixture::close);
            servers.close();
        }
    }

    private RouterFixture before(RouterFixture router) {
        routers.add(0, router);
        return router;
    }

    private static SidecarUnderTest beside(SimulatedModelServer engine) {
        return new SidecarUnderTest(engine.port());
    }

    private RouterFixture sidecar(String connector, SimulatedModelServer engine, int prefill, int transferPort) {
        String port = String.valueOf(transferPort);
        return before(beside(engine)
                .allowing(prefill)
                .split("kv-connector", connector)
                .split("sglang-bootstrap-port", port)
                .split("mooncake-bootstrap-port", port)
                .split("p2p-port", port)
                .start());
    }

    private SplitPool pool(int prefill, int decode) {
        return new SplitPool(dir)
                .split("mode", "sidecar")
                .at("prefill", prefill)
                .at("decode", decode);
    }

    /** The prefill server is told where the engine is. */
    @Test
    void blocksArePushedToTheEngine() {
        SimulatedModelServer prefill = servers.start(EndpointRole.PREFILL);
        SimulatedModelServer decode = servers.start(EndpointRole.DECODE);
        RouterFixture sidecar = before(new SidecarUnderTest(decode.port())
                .allowing(prefill.port())
                .property("bactrian.sidecar.pod-ip", "127.0.0.1")
                .split("kv-connector", "lmcache")
                .split("lmcache.init-port", String.valueOf(decode.transferPort()))
                .start());

        HttpAnswer answer = RawClient.exchange(
                gateway(prefill.port(), sidecar.port()).port(), TransferringServers.completion(0, false));

        assertThat(answer.text()).contains("\"completion_tokens\":6");
        assertThat(decode.transfers().loads()).isOne();
        assertThat(decode.transfers().pinnedBlocks()).isZero();
    }

    private RouterFixture gateway(int prefill, int decode) {
        return before(pool(prefill, decode).start());
    }

    @ParameterizedTest
    @ValueSource(strings = {"nixlv2", "sglang", "mooncake", "offloading", "shared-storage"})
    void aGatewaysHeadersHaveTheBlocksHandedOver(String connector) {
        SimulatedModelServer prefill = servers.start(EndpointRole.PREFILL);
        SimulatedModelServer decode = servers.start(EndpointRole.DECODE);
        RouterFixture sidecar = sidecar(connector, decode, prefill.port(), prefill.transferPort());

        TransferringServers.askInTurn(gateway(prefill.port(), sidecar.port()));

        TransferringServers.assertHandedOver(prefill, decode);
    }

    @Test
    void aPrefillServerMayHaveASidecarToo() {
        SimulatedModelServer prefill = servers.start(EndpointRole.PREFILL);
        SimulatedModelServer decode = servers.start(EndpointRole.DECODE);
        RouterFixture first = sidecar("nixlv2", prefill, 1, prefill.transferPort());
        RouterFixture second = sidecar("nixlv2", decode, first.port(), prefill.transferPort());

        TransferringServers.askInTurn(gateway(first.port(), second.port()));

        TransferringServers.assertHandedOver(prefill, decode);
    }

    @Test
    void aPromptThatNobodyElseComputesIsComputedByTheEngine() {
        SimulatedModelServer decode = servers.start(EndpointRole.DECODE);
        RouterFixture sidecar = sidecar("nixlv2", decode, 1, 1);

        TransferringServers.askInTurn(gateway(1, sidecar.port())); // nobody listens at 1: it is named all the same

        assertThat(decode.transfers().loads()).isZero();
    }

    @Test
    void aGatewaysEncodersEncodeForWhoeverComputesThePrompt() {
        SimulatedModelServer firstEncoder = servers.start(EndpointRole.ENCODE);
        SimulatedModelServer secondEncoder = servers.start(EndpointRole.ENCODE);
        SimulatedModelServer prefill = servers.start(EndpointRole.PREFILL);
        SimulatedModelServer decode = servers.start(EndpointRole.DECODE);
        RouterFixture sidecar = before(beside(decode)
                .allowing(prefill.port())
                .allowing(firstEncoder.port())
                .allowing(secondEncoder.port())
                .split("encode.ec-connector", "ec-nixl")
                .start());
        RouterFixture gateway = before(pool(prefill.port(), sidecar.port())
                .at("encode", firstEncoder.port())
                .at("encode", secondEncoder.port())
                .start());

        HttpAnswer answer = gateway.ask(TransferringServers.showing("https://x/a.png", "https://x/b.png"));

        assertThat(answer.status()).isEqualTo(200);
        TransferringServers.assertEncodedApart(firstEncoder, secondEncoder, prefill);
        assertThat(decode.transfers().loads()).isOne();
        TransferringServers.assertNothingLeft(prefill);
    }

    /** A hundred at once, of whom some leave at any moment: nothing stays held, and who stays is served. */
    @ParameterizedTest
    @ValueSource(strings = {"nixlv2", "sglang", "mooncake"})
    void clientsThatLeaveAtAnyMomentLeaveNothingBehind(String connector) throws Exception {
        SimulatedModelServer prefill = servers.start(EndpointRole.PREFILL);
        SimulatedModelServer decode = servers.start(EndpointRole.DECODE);
        RouterFixture sidecar = sidecar(connector, decode, prefill.port(), prefill.transferPort());

        String named = "x-prefiller-host-port: 127.0.0.1:" + prefill.port();
        TransferringServers.askAtOnceAndLeave(
                sidecar, (number, stream) -> Requests.post(TransferringServers.chat(number, stream), named));

        sidecar.awaitQuiet();
        TransferringServers.assertNothingLeft(prefill);
        await().until(() -> decode.snapshot().isIdle() && prefill.snapshot().isIdle());
    }

    /** The whole of llm-d's way: picker, proxy, sidecar and two engines. What a client says of prefill servers is worth nothing. */
    @Test
    void aPickerBesideAProxyHasTheSidecarSplit() throws Exception {
        SimulatedModelServer prefill = servers.start(EndpointRole.PREFILL);
        SimulatedModelServer decode = servers.start(EndpointRole.DECODE);
        RouterFixture prefillSidecar = sidecar("nixlv2", prefill, 1, prefill.transferPort());
        RouterFixture decodeSidecar = sidecar("nixlv2", decode, prefillSidecar.port(), prefill.transferPort());
        RouterFixture picker = before(new SplitPool(dir)
                .asPicker()
                .at("prefill", prefillSidecar.port())
                .at("decode", decodeSidecar.port())
                .start());
        try (PickedGateway gateway = new PickedGateway(picker)) {
            HttpAnswer first = gateway.ask(
                    TransferringServers.chat(0, false), "x-prefiller-host-port", "10.9.9.9:1", "x-request-id", "r-1");
            HttpAnswer again = gateway.ask(TransferringServers.chat(0, true), "x-request-id", "r-2");

            assertThat(first.status()).isEqualTo(200);
            assertThat(first.header("x-inference-pod")).contains("decode");
            assertThat(first.text()).contains("\"completion_tokens\":6").doesNotContain("kv_transfer_params");
            assertThat(cachedTokens(first)).isZero();
            assertThat(again.text()).contains("\"completion_tokens\":6").endsWith("data: [DONE]\n\n");
            // What the prefill server had of the same prompt, not what was handed over: the decode engine has all but a
            // token.
            assertThat(cachedTokens(again))
                    .isPositive()
                    .isEqualTo(prefill.snapshot().cachedTokens());
            assertThat(decode.snapshot().generatedTokens()).isEqualTo(12);
            assertThat(prefill.transfers().transfers()).isEqualTo(2);
            assertThat(decode.transfers().loads()).isEqualTo(2);
            assertThat(decode.transfers().failedLoads()).isZero();
            TransferringServers.assertNothingLeft(prefill);
            List<RelayRecord> seen = picker.awaitRecords(2);
            assertThat(seen).allSatisfy(record -> {
                assertThat(record.endpoint()).isEqualTo("127.0.0.1:" + decodeSidecar.port());
                assertThat(RouterFixture.usage(record).completionTokens()).isEqualTo(6);
            });
        }
    }

    private static long cachedTokens(HttpAnswer answer) {
        return Long.parseLong(answer.text().replaceFirst("(?s).*\"cached_tokens\":(\\d+).*", "$1"));
    }
}
