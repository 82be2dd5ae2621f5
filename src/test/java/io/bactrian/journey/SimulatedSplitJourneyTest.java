package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bactrian.endpoint.EndpointRole;
import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.fixture.SplitPool;
import io.bactrian.fixture.TransferringServers;
import io.bactrian.simulator.SimulatedModelServer;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Prefill here, decode there, against servers that really hand blocks over and count what is left behind. */
@Timeout(120)
class SimulatedSplitJourneyTest {
    @TempDir
    private Path dir = Path.of("");

    private final TransferringServers servers = new TransferringServers();
    private RouterFixture router = RouterFixture.builder().build();

    @AfterEach
    void close() {
        router.closeWhenQuiet();
        servers.close();
    }

    private SplitPool pool(String connector, SimulatedModelServer prefill, SimulatedModelServer decode) {
        String port = String.valueOf(prefill.transferPort());
        return new SplitPool(dir)
                .split("kv-connector", connector)
                .split("sglang-bootstrap-port", port)
                .split("mooncake-bootstrap-port", port)
                .split("p2p-port", port)
                .split("lmcache.init-port", String.valueOf(decode.transferPort()))
                .at("prefill", prefill.port())
                .at("decode", decode.port());
    }

    @ParameterizedTest
    @ValueSource(strings = {"nixlv2", "sglang", "mooncake", "offloading", "shared-storage"})
    void blocksReachTheEndpointThatAnswersAndNoneIsLeftBehind(String connector) {
        SimulatedModelServer prefill = servers.start(EndpointRole.PREFILL);
        SimulatedModelServer decode = servers.start(EndpointRole.DECODE);
        router = pool(connector, prefill, decode).start();

        TransferringServers.askInTurn(router);

        TransferringServers.assertHandedOver(prefill, decode);
    }

    @Test
    void whatIsEncodedApartIsFetchedWhereThePromptIsComputed() {
        SimulatedModelServer firstEncoder = servers.start(EndpointRole.ENCODE);
        SimulatedModelServer secondEncoder = servers.start(EndpointRole.ENCODE);
        SimulatedModelServer prefill = servers.start(EndpointRole.PREFILL);
        SimulatedModelServer decode = servers.start(EndpointRole.DECODE);
        router = pool("nixlv2", prefill, decode)
                .at("encode", firstEncoder.port())
                .at("encode", secondEncoder.port())
                .start();

        HttpAnswer answer = router.ask(TransferringServers.showing("https://x/a.png", "https://x/b.png"));

        assertThat(answer.status()).isEqualTo(200);
        TransferringServers.assertEncodedApart(firstEncoder, secondEncoder, prefill);
        TransferringServers.assertNothingLeft(prefill);
    }

    /** What the prefill server has pushed is read where the rest is generated; what is not, counts as left behind there. */
    @Test
    void pushedBlocksAreReadByTheEndpointThatGoesOn() {
        SimulatedModelServer prefill = servers.start(EndpointRole.PREFILL);
        SimulatedModelServer decode = servers.start(EndpointRole.DECODE);
        router = pool("lmcache", prefill, decode).start();

        for (int i = 0; i < 6; i++) {
            HttpAnswer answer = RawClient.exchange(router.port(), TransferringServers.completion(i, i % 2 == 1));
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.text()).contains("\"completion_tokens\":6");
            assertThat(answer.complete()).isTrue();
        }

        assertThat(decode.transfers().loads()).isEqualTo(6);
        TransferringServers.assertNothingLeft(prefill);
        TransferringServers.assertNothingLeft(decode);
    }

    /** A hundred at once, of whom some leave at any moment: nothing stays held, and who stays is served. */
    @ParameterizedTest
    @ValueSource(strings = {"nixlv2", "sglang", "mooncake", "lmcache"})
    void clientsThatLeaveAtAnyMomentLeaveNothingBehind(String connector) throws Exception {
        SimulatedModelServer prefill = servers.start(EndpointRole.PREFILL);
        SimulatedModelServer decode = servers.start(EndpointRole.DECODE);
        router = pool(connector, prefill, decode).start();

        TransferringServers.askAtOnceAndLeave(
                router, connector.equals("lmcache") ? TransferringServers::completion : TransferringServers::post);

        router.awaitQuiet();
        TransferringServers.assertNothingLeft(prefill);
        TransferringServers.assertNothingLeft(decode);
        await().until(() -> decode.snapshot().isIdle() && prefill.snapshot().isIdle());
    }
}
