package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.fixture.StreamClient;
import io.bactrian.relay.RelayRecord;
import io.bactrian.request.Finish.Outcome;
import io.bactrian.simulator.ServerSnapshot;
import io.bactrian.simulator.SimulatedModelServerOptions;
import io.bactrian.simulator.engine.ConstantLatency;
import io.bactrian.simulator.engine.SequenceLatency.TokenLatency;
import io.bactrian.simulator.engine.StepLatency;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoopGroup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Many streams at once: whole, left, and not read. */
@Timeout(120)
class StreamsJourneyTest {
    private static final int LEAVERS = 50;
    private static final Duration ABORT_LIMIT = Duration.ofSeconds(1);
    private static final byte[] BIG_EVENT =
            ("data: {\"x\":\"" + "y".repeat(32_000) + "\"}\n\n").getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    private static final AtomicLong FLOODED = new AtomicLong();

    private static final RawModelServer FLOOD = new RawModelServer(connection -> {
        connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
        while (true) {
            connection.send(BIG_EVENT);
            FLOODED.addAndGet(BIG_EVENT.length);
        }
    });

    private static final RouterFixture.Builder BUILDER = RouterFixture.builder()
            .simulated("queue", "queue", constant("queue", 1, 60e9, 0))
            .simulated("prefill", "prefill", constant("prefill", 64, 60e9, 0))
            .simulated("decode", "decode", constant("decode", 64, 5e6, 20e6))
            .raw("flood", FLOOD)
            .property("bactrian.metrics.interval", "1s");

    static {
        for (int i = 0; i < 4; i++) {
            BUILDER.simulated(
                    "many-" + i,
                    "many",
                    SimulatedModelServerOptions.builder()
                            .models("many")
                            .latency(StepLatency.NONE)
                            .maxSequences(512)
                            .fixedIdentity("twin", 1)
                            .build());
        }
    }

    @RegisterExtension
    static final RouterFixture ROUTER = BUILDER.build();

    private static final EventLoopGroup THREADS = StreamClient.threads();

    private static SimulatedModelServerOptions constant(String model, int sequences, double first, double next) {
        return SimulatedModelServerOptions.builder()
                .models(model)
                .maxSequences(sequences)
                .latency(new ConstantLatency(first, 0, new TokenLatency(next, 0, 1)))
                .build();
    }

    @AfterAll
    static void closeThreads() {
        THREADS.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }

    @Test
    void relaysAThousandStreamsToTheByte() throws Exception {
        String plain = Requests.post(Requests.chat("many", 200, true));
        String withUsage =
                Requests.post(Requests.chat("many", 200, true, "\"stream_options\":{\"include_usage\":true},"));
        String plainTwin =
                RawClient.exchange(ROUTER.server("many-0").port(), plain).body();
        String usageTwin =
                RawClient.exchange(ROUTER.server("many-0").port(), withUsage).body();
        List<StreamClient> clients = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            clients.add(StreamClient.send(THREADS, ROUTER.port(), i % 2 == 0 ? plain : withUsage));
        }
        for (int i = 0; i < clients.size(); i++) {
            assertThat(clients.get(i).whole().get(60, TimeUnit.SECONDS)).isEqualTo(i % 2 == 0 ? plainTwin : usageTwin);
        }
        clients.forEach(client -> client.leave(false));

        assertThat(plainTwin.split("\n\n", -1)).hasSizeGreaterThan(200);
        assertThat(ROUTER.awaitRecords(1000)).allSatisfy(record -> {
            assertThat(record.outcome()).isEqualTo(Outcome.COMPLETED);
            assertThat(RouterFixture.usage(record).completionTokens()).isEqualTo(200);
            assertThat(RouterFixture.usage(record).estimated()).isFalse();
        });
    }

    @Test
    void abortsForClientsThatLeaveWhileQueued() {
        leave("queue", LEAVERS + 1, false, () -> snapshot("queue").waitingSequences() == LEAVERS);
    }

    @Test
    void abortsForClientsThatLeaveBeforeTheHead() {
        leave("prefill", LEAVERS, false, () -> snapshot("prefill").runningSequences() == LEAVERS);
    }

    @Test
    void abortsForClientsThatLeaveAStream() {
        leave("decode", LEAVERS, true, () -> snapshot("decode").runningSequences() == LEAVERS);
    }

    private static ServerSnapshot snapshot(String server) {
        return ROUTER.server(server).snapshot();
    }

    private static void leave(String model, int count, boolean streaming, BooleanSupplier ready) {
        long abortedBefore = snapshot(model).abortedRequests();
        List<StreamClient> clients = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            clients.add(StreamClient.send(
                    THREADS, ROUTER.port(), Requests.post(Requests.chat(model, 10_000, i % 2 == 0 || streaming))));
        }
        await().atMost(10, TimeUnit.SECONDS).until(ready::getAsBoolean);
        if (streaming) {
            await().atMost(10, TimeUnit.SECONDS)
                    .until(() -> clients.stream().allMatch(client -> client.received() > 0));
        }

        for (int i = 0; i < count; i++) {
            clients.get(i).leave(i % 2 == 0);
        }

        await().pollInterval(Duration.ofMillis(10))
                .atMost(ABORT_LIMIT)
                .until(() -> snapshot(model).abortedRequests() == abortedBefore + count);
        await().pollInterval(Duration.ofMillis(10)).atMost(ABORT_LIMIT).until(() -> ROUTER.reserved(model) == 0);
        assertThat(ROUTER.awaitRecords(count)).extracting(RelayRecord::outcome).containsOnly(Outcome.CLIENT_LEFT);
    }

    @Test
    void abortsForClientsThatLeaveWithoutReading() {
        FLOOD.clear();
        List<StreamClient> clients = stall(LEAVERS);

        for (int i = 0; i < LEAVERS; i++) {
            clients.get(i).leave(i % 2 == 0);
        }

        await().pollInterval(Duration.ofMillis(10)).atMost(ABORT_LIMIT).until(() -> FLOOD.closedByRouter() == LEAVERS);
        assertThat(ROUTER.awaitRecords(LEAVERS))
                .extracting(RelayRecord::outcome)
                .containsOnly(Outcome.CLIENT_LEFT);
    }

    @Test
    void pausesModelServersWhoseClientsStopReading() {
        FLOOD.clear();
        long before = PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory();
        List<StreamClient> clients = stall(20);

        long held = PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory() - before;
        long flooded = FLOODED.get();
        await().during(Duration.ofMillis(500)).atMost(Duration.ofSeconds(5)).until(() -> FLOODED.get() == flooded);
        assertThat(held).as("bytes held for 20 clients").isLessThan(64L << 20);

        int read = clients.get(0).received();
        clients.get(0).readOn();
        await().atMost(5, TimeUnit.SECONDS).until(() -> clients.get(0).received() > read + (8 << 20));
        assertThat(ROUTER.reserved("flood")).isEqualTo(20);
        clients.forEach(client -> client.leave(true));
    }

    /** Opens streams that nobody reads, and waits until nothing moves any more. */
    private static List<StreamClient> stall(int count) {
        List<StreamClient> clients = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            clients.add(
                    StreamClient.sendAndStall(THREADS, ROUTER.port(), Requests.post(Requests.chat("flood", 1, true))));
        }
        await().atMost(20, TimeUnit.SECONDS).until(() -> FLOOD.connections() == count);
        awaitStandstill(FLOODED);
        return clients;
    }

    /** Waits until a model server writes no more, because everything on the way to its client is full. */
    private static void awaitStandstill(AtomicLong written) {
        long[] last = {-1};
        await().pollInterval(Duration.ofMillis(300))
                .atMost(30, TimeUnit.SECONDS)
                .until(() -> {
                    long now = written.get();
                    boolean still = now == last[0] && now > 0;
                    last[0] = now;
                    return still;
                });
    }
}
