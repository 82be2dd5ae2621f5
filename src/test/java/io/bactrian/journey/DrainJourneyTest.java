package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bactrian.component.nettyhttp.DrainState;
import io.bactrian.fixture.Http2Client;
import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.fixture.RouterProcess;
import io.bactrian.fixture.StreamClient;
import io.bactrian.simulator.SimulatedModelServer;
import io.bactrian.simulator.SimulatedModelServerOptions;
import io.bactrian.simulator.engine.ConstantLatency;
import io.bactrian.simulator.engine.SequenceLatency.TokenLatency;
import io.bactrian.simulator.engine.StepLatency;
import io.netty.channel.EventLoopGroup;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A SIGTERM to a real process. */
@Timeout(120)
class DrainJourneyTest {
    private static final String MODELS = Requests.get("/v1/models");

    @Test
    void finishesWhatIsUnderWayAndTakesNothingNew(@TempDir Path folder) throws Exception {
        int operations = RouterProcess.freePort();
        EventLoopGroup threads = StreamClient.threads();
        try (SimulatedModelServer server = SimulatedModelServer.builder()
                        .options(SimulatedModelServerOptions.builder()
                                .latency(new ConstantLatency(5e6, 0, new TokenLatency(60e6, 0, 1)))
                                .build())
                        .start();
                RouterProcess router = RouterProcess.start(
                        folder,
                        Map.of(
                                "bactrian.pools.demo.models",
                                "demo",
                                "bactrian.pools.demo.endpoints",
                                "127.0.0.1:" + server.port(),
                                "bactrian.drain.delay",
                                "1500ms",
                                "camel.management.port",
                                String.valueOf(operations)));
                RawClient kept = RawClient.connect(router.port());
                Http2Client http2 = Http2Client.connect(router.port())) {
            assertThat(readiness(operations)).isEqualTo(200);
            assertThat(kept.send(MODELS).read().status()).isEqualTo(200);
            Http2Client.Stream http2Stream = http2.post("/v1/chat/completions", Requests.chat("demo", 100, true));
            assertThat(http2Stream.status()).isEqualTo(200);
            List<StreamClient> clients = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                clients.add(StreamClient.send(threads, router.port(), Requests.post(Requests.chat("demo", 100, true))));
            }
            await().atMost(20, TimeUnit.SECONDS)
                    .until(() -> clients.stream().allMatch(client -> client.received() > 0));

            router.terminate();

            await().atMost(1, TimeUnit.SECONDS).until(() -> readiness(operations) == 503);
            assertThat(kept.send(MODELS).read().status())
                    .as("still served while load balancers learn")
                    .isEqualTo(200);
            assertThat(http2.awaitGoAway()).isPositive();
            HttpAnswer refused = kept.send(MODELS).read();
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.header("connection")).hasValue("close");
            assertThat(refused.header("retry-after")).hasValue("1");
            assertThat(refused.text()).contains("shutting_down");
            assertThat(kept.isEnded()).isTrue();
            HttpAnswer fresh = RawClient.exchange(router.port(), MODELS);
            assertThat(fresh.status()).isEqualTo(503);
            assertThat(router.isAlive()).isTrue();

            for (StreamClient client : clients) {
                assertThat(client.whole().get(60, TimeUnit.SECONDS)).endsWith("data: [DONE]\n\n");
            }
            assertThat(http2Stream.text()).endsWith("data: [DONE]\n\n");
            assertThat(router.awaitExit(30)).isIn(0, 143);
            assertThat(server.snapshot().abortedRequests()).isZero();
            assertThat(router.log()).doesNotContain("ERROR", "LEAK");
        } finally {
            threads.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    @Test
    void cutsWhatLastsLongerThanTheDrain(@TempDir Path folder) throws Exception {
        EventLoopGroup threads = StreamClient.threads();
        try (SimulatedModelServer server = SimulatedModelServer.builder()
                        .options(SimulatedModelServerOptions.builder()
                                .latency(new ConstantLatency(5e6, 0, new TokenLatency(100e6, 0, 1)))
                                .build())
                        .start();
                RouterProcess router = RouterProcess.start(
                        folder,
                        Map.of(
                                "bactrian.pools.demo.models", "demo",
                                "bactrian.pools.demo.endpoints", "127.0.0.1:" + server.port(),
                                "bactrian.drain.delay", "0s",
                                "bactrian.drain.timeout", "1s",
                                "camel.management.enabled", "false"))) {
            StreamClient client =
                    StreamClient.send(threads, router.port(), Requests.post(Requests.chat("demo", 10_000, true)));
            await().atMost(20, TimeUnit.SECONDS).until(() -> client.received() > 0);

            router.terminate();

            assertThat(router.awaitExit(30)).isIn(0, 143);
            assertThat(client.whole()).isCompletedExceptionally();
            await().atMost(5, TimeUnit.SECONDS).until(() -> server.snapshot().abortedRequests() == 1);
            assertThat(router.log()).contains("1 requests are cut by the end of bactrian.drain.timeout");
        } finally {
            threads.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    @Test
    void waitsForABodyThatIsStillArriving() throws Exception {
        ExecutorService stopping = Executors.newSingleThreadExecutor();
        try (RouterFixture router = RouterFixture.builder()
                        .simulated(
                                "one",
                                "demo",
                                SimulatedModelServerOptions.builder()
                                        .latency(StepLatency.NONE)
                                        .build())
                        .build()
                        .start();
                RawClient client = RawClient.connect(router.port())) {
            String request = Requests.post(Requests.chat("demo", 3, false));
            int cut = request.length() - 10;
            client.send(request.substring(0, cut));
            DrainState drain = router.router().application().drain();
            await().until(() -> drain.inFlight() == 1);

            Future<Boolean> idle = stopping.submit(() -> drain.refuseAndAwaitIdle(Duration.ofSeconds(30)));
            await().until(() -> RawClient.exchange(router.port(), MODELS).status() == 503);
            assertThat(idle.isDone()).isFalse();

            HttpAnswer answer = client.send(request.substring(cut)).read();
            assertThat(answer.status()).isEqualTo(200);
            assertThat(idle.get(10, TimeUnit.SECONDS)).isTrue();
        } finally {
            stopping.shutdownNow();
        }
    }

    @Test
    void doesNotWaitForABodyWhoseClientHasLeft() throws Exception {
        try (RouterFixture router = RouterFixture.builder()
                .raw("demo", new RawModelServer(connection -> false))
                .build()
                .start()) {
            DrainState drain = router.router().application().drain();
            try (RawClient client = RawClient.connect(router.port())) {
                client.send(Requests.head("POST /v1/completions HTTP/1.1", "Content-Length: 100") + "\r\nx");
                await().until(() -> drain.inFlight() == 1);
            }

            assertThat(drain.refuseAndAwaitIdle(Duration.ofSeconds(30))).isTrue();
        }
    }

    private static int readiness(int port) {
        return RawClient.exchange(port, Requests.get("/observe/health/ready", "Connection: close"))
                .status();
    }
}
