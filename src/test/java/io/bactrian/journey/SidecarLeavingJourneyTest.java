package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bactrian.endpoint.EndpointRole;
import io.bactrian.fixture.FaultyProxy;
import io.bactrian.fixture.FaultyProxy.Fault;
import io.bactrian.fixture.FaultyProxy.Step;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.fixture.SidecarUnderTest;
import io.bactrian.fixture.TransferringServers;
import io.bactrian.fixture.WaitingRoom;
import io.bactrian.simulator.SimulatedModelServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A client that leaves a sidecar in each window of a split: both legs end, and no server keeps blocks for another. */
@Timeout(60)
class SidecarLeavingJourneyTest {
    private static final String CANCELLED =
            "bactrian_pd_requests_total{connector=\"nixlv2\",outcome=\"client_cancelled\"}";
    private static final String DRAINED = "bactrian_pd_stranded_kv_total{action=\"drained\"}";

    private final TransferringServers servers = new TransferringServers();
    private final SimulatedModelServer prefill = servers.start(EndpointRole.PREFILL);
    private final SimulatedModelServer engine = servers.start(EndpointRole.DECODE);
    private final FaultyProxy beforePrefill = new FaultyProxy(prefill.port());
    private final FaultyProxy beforeEngine = new FaultyProxy(engine.port());
    private RouterFixture sidecar = RouterFixture.builder().build();

    @AfterEach
    void close() {
        sidecar.closeWhenQuiet();
        beforePrefill.close();
        beforeEngine.close();
        servers.close();
    }

    private SidecarUnderTest beside() {
        return new SidecarUnderTest(beforeEngine.port()).allowing(beforePrefill.port());
    }

    private RawClient ask(boolean stream) {
        return RawClient.connect(sidecar.port())
                .send(Requests.post(
                        TransferringServers.chat(1, stream),
                        "x-prefiller-host-port: 127.0.0.1:" + beforePrefill.port()));
    }

    private void assertNothingLeft() {
        sidecar.awaitQuiet();
        TransferringServers.assertNothingLeft(prefill);
        await().until(() -> prefill.snapshot().isIdle() && engine.snapshot().isIdle());
        assertThat(engine.transfers().failedLoads()).isZero();
        assertThat(sidecar.meter("bactrian_pd_inflight{stage=\"prefill\"}")).isIn("", "0.0");
        assertThat(sidecar.meter("bactrian_pd_inflight{stage=\"decode\"}")).isIn("", "0.0");
    }

    @Test
    void duringPrefillThatIsEndedAndTheEngineIsNotAsked() {
        beforePrefill.breakAt(Step.ASKED, Fault.FREEZE);
        sidecar = beside().start();

        try (RawClient client = ask(false)) {
            await().until(() -> beforePrefill.faults() == 1);
        }

        await().until(() -> beforePrefill.givenUp() == 1);
        assertNothingLeft();
        assertThat(engine.snapshot().startedRequests()).isZero();
        assertThat(sidecar.meter(CANCELLED)).isEqualTo("1.0");
        assertThat(sidecar.meter(DRAINED)).isEmpty();
    }

    @Test
    void betweenTheLegsTheEngineFetchesTheBlocksAndGeneratesOneToken() throws InterruptedException {
        sidecar = beside().property(
                        "bactrian.routes.dir", WaitingRoom.betweenLegs().toString())
                .start();

        WaitingRoom.Waiting between;
        try (RawClient client = ask(false)) {
            between = WaitingRoom.next();
        }
        try {
            await().until(() -> engine.snapshot().completedRequests() == 1); // whatever waits between the legs
        } finally {
            between.goOn();
        }

        assertNothingLeft();
        assertThat(engine.transfers().loads()).isOne();
        assertThat(engine.snapshot().generatedTokens()).isOne();
        assertThat(sidecar.meter(CANCELLED)).isEqualTo("1.0");
        assertThat(sidecar.meter(DRAINED)).isEqualTo("1.0");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void beforeTheAnswerTheEngineIsLeftAloneForAWhile(boolean stream) {
        beforeEngine.breakAt(Step.ANSWERED, Fault.FREEZE);
        sidecar = beside().split("drain-timeout", "100ms").start();

        try (RawClient client = ask(stream)) {
            await().until(() -> beforeEngine.faults() == 1);
        }

        await().until(() -> sidecar.meter(DRAINED).equals("1.0"));
        await().until(() -> beforeEngine.givenUp() == 1);
        assertNothingLeft();
        assertThat(engine.transfers().loads()).isOne();
        assertThat(sidecar.meter(CANCELLED)).isEqualTo("1.0");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void inTheMiddleOfTheAnswerThatIsEnded(boolean stream) throws Exception {
        beforeEngine.breakAt(Step.BEGUN, Fault.FREEZE);
        sidecar = beside().start();

        try (RawClient client = ask(stream)) {
            await().until(() -> beforeEngine.faults() == 1);
            if (stream) {
                assertThat(client.line()).startsWith("HTTP/1.1 200"); // what has come is not held back
            }
        }

        await().until(() -> beforeEngine.givenUp() == 1);
        assertNothingLeft();
        assertThat(engine.transfers().loads()).isOne();
        assertThat(sidecar.meter(CANCELLED)).isEqualTo("1.0");
        assertThat(sidecar.meter(DRAINED)).isEmpty();
    }
}
