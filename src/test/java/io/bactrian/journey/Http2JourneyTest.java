package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bactrian.fixture.Http2Client;
import io.bactrian.fixture.Http2Frames;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.simulator.SimulatedModelServerOptions;
import io.bactrian.simulator.engine.ConstantLatency;
import io.bactrian.simulator.engine.SequenceLatency.TokenLatency;
import io.bactrian.simulator.engine.StepLatency;
import io.netty.handler.codec.http2.Http2Error;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(60)
class Http2JourneyTest {
    private static final int MAX_STREAMS = 8;
    private static final String CHAT = "/v1/chat/completions";
    private static final String BIG_EVENT = "data: {\"x\":\"" + "y".repeat(16_000) + "\"}\n\n";

    private static final RawModelServer FLOOD = new RawModelServer(connection -> {
        connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
        while (true) {
            connection.send(BIG_EVENT);
        }
    });
    private static final RawModelServer DYING = new RawModelServer(connection -> {
        connection.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{\"half\"");
        return false;
    });

    @RegisterExtension
    static final RouterFixture ROUTER = RouterFixture.builder()
            .simulated(
                    "one",
                    "demo",
                    SimulatedModelServerOptions.builder()
                            .latency(StepLatency.NONE)
                            .build())
            .simulated(
                    "slow",
                    "slow",
                    SimulatedModelServerOptions.builder()
                            .models("slow")
                            .latency(new ConstantLatency(20e6, 0, new TokenLatency(20e6, 0, 1)))
                            .build())
            .raw("flood", FLOOD)
            .raw("dying", DYING)
            .property("bactrian.http.max-streams-per-connection", String.valueOf(MAX_STREAMS))
            .property("bactrian.http.max-body-bytes", "100000")
            .property("bactrian.http.max-header-bytes", "4KiB")
            .property("bactrian.http.stall-timeout", "700ms")
            .property("bactrian.http.idle-timeout", "2s")
            .build();

    @Test
    void streamsAChat() {
        try (Http2Client client = Http2Client.connect(ROUTER.port())) {
            Http2Client.Stream stream = client.post(CHAT, Requests.chat("demo", 5, true));

            assertThat(stream.status()).isEqualTo(200);
            assertThat(stream.text()).startsWith("data: {").endsWith("data: [DONE]\n\n");
            assertThat(stream.header("content-type")).startsWith("text/event-stream");
            assertThat(stream.header("transfer-encoding")).isNull();
        }
        assertThat(ROUTER.received()).singleElement().satisfies(received -> {
            assertThat(received.headers()).noneMatch(header -> header.getKey().startsWith("x-http2"));
            assertThat(received.header("transfer-encoding")).isEmpty();
        });
    }

    @Test
    void answersWholeAndRefusesWithTheSameBodies() {
        try (Http2Client client = Http2Client.connect(ROUTER.port())) {
            assertThat(client.post(CHAT, Requests.chat("demo", 5, false)).text())
                    .contains("\"completion_tokens\":5");
            assertThat(client.get("/v1/models").status()).isEqualTo(200);
            assertThat(client.get("/nowhere").status()).isEqualTo(404);
            assertThat(client.get(CHAT).text()).contains("method_not_allowed");
            Http2Client.Stream tooLong = client.post(CHAT, "x".repeat(100_001));
            assertThat(tooLong.status()).isEqualTo(413);
            assertThat(tooLong.text()).contains("body_too_large");
            assertThat(client.get("/v1/models").status())
                    .as("the connection goes on")
                    .isEqualTo(200);
        }
    }

    @Test
    void refusesAHeadThatIsTooLong() {
        try (RawClient client = RawClient.connect(ROUTER.port())) {
            client.send(Http2Frames.preface()).send(Http2Frames.chatHead(1, "x-wide", "x".repeat(4500)));

            // 431 without a body: the codec answers by itself.
            assertThat(Http2Frames.await(client, Http2Frames.HEADERS)).isNotNull();
        }
        assertThat(ROUTER.received()).isEmpty();
    }

    @Test
    void abortsUpstreamWhenAStreamIsReset() {
        try (Http2Client client = Http2Client.connect(ROUTER.port())) {
            List<Http2Client.Stream> streams = new ArrayList<>();
            for (int i = 0; i < MAX_STREAMS; i++) {
                streams.add(client.post(CHAT, Requests.chat("slow", 5000, true)));
            }
            streams.forEach(stream -> assertThat(stream.status()).isEqualTo(200));
            long before = ROUTER.server("slow").snapshot().abortedRequests();

            streams.forEach(Http2Client.Stream::cancel);

            await().atMost(1, TimeUnit.SECONDS)
                    .until(() -> ROUTER.server("slow").snapshot().abortedRequests() == before + MAX_STREAMS);
            for (int i = 0; i < 2 * MAX_STREAMS; i++) {
                assertThat(client.post(CHAT, Requests.chat("demo", 1, true)).text())
                        .as("streams are free again")
                        .endsWith("[DONE]\n\n");
            }
        }
    }

    @Test
    void abortsUpstreamWhenTheConnectionIsLost() {
        long before = ROUTER.server("slow").snapshot().abortedRequests();
        try (Http2Client client = Http2Client.connect(ROUTER.port())) {
            for (int i = 0; i < 3; i++) {
                assertThat(client.post(CHAT, Requests.chat("slow", 5000, true)).status())
                        .isEqualTo(200);
            }
        }
        await().atMost(1, TimeUnit.SECONDS)
                .until(() -> ROUTER.server("slow").snapshot().abortedRequests() == before + 3);
    }

    @Test
    void refusesStreamsAboveTheLimit() {
        try (Http2Client client = Http2Client.connect(ROUTER.port())) {
            assertThat(client.settings().maxConcurrentStreams()).isEqualTo((long) MAX_STREAMS);
        }
        try (RawClient client = RawClient.connect(ROUTER.port())) {
            client.send(Http2Frames.preface());
            for (int i = 0; i <= MAX_STREAMS; i++) {
                client.send(Http2Frames.chatHead(2 * i + 1));
            }

            assertThat(Http2Frames.await(client, Http2Frames.RST_STREAM))
                    .isEqualTo(new Http2Frames.Frame(
                            Http2Frames.RST_STREAM, 2 * MAX_STREAMS + 1, (int) Http2Error.REFUSED_STREAM.code()));
        }
    }

    @Test
    void resetsAStreamWhoseAnswerIsCut() {
        try (Http2Client client = Http2Client.connect(ROUTER.port())) {
            Http2Client.Stream stream = client.post(CHAT, Requests.chat("dying", 5, false));

            assertThat(stream.status()).isEqualTo(200);
            stream.awaitReset();
            assertThat(client.get("/v1/models").status()).isEqualTo(200);
        }
    }

    @Test
    void leavesAStreamThatIsNotRead() {
        FLOOD.clear();
        try (Http2Client client = Http2Client.connect(ROUTER.port())) {
            Http2Client.Stream stream = client.post(CHAT, Requests.chat("flood", 5, true));
            stream.stopReading();

            await().atMost(10, TimeUnit.SECONDS).until(() -> ROUTER.reserved("flood") == 0);
            assertThat(client.get("/v1/models").status()).as("the others go on").isEqualTo(200);
        }
    }

    @Test
    void closesAConnectionThatIsIdle() {
        try (Http2Client client = Http2Client.connect(ROUTER.port())) {
            assertThat(client.get("/v1/models").status()).isEqualTo(200);
            assertThat(client.isEnded()).isTrue();
        }
    }

    @Test
    void disconnectsAClientThatOpensAndResetsWithoutEnd() {
        long usedBefore = usedAfterGc();
        String body = Requests.chat("slow", 5000, true);
        try (RawClient client = RawClient.connect(ROUTER.port())) {
            client.send(Http2Frames.preface());
            for (int stream = 1; stream < 40_000; stream += 2) {
                client.send(Http2Frames.chatHead(stream))
                        .send(Http2Frames.body(stream, body))
                        .send(Http2Frames.reset(stream));
            }
            assertThat(client.isEndedAfterAll()).isTrue();
        } catch (UncheckedIOException e) {
            // disconnected while sending
        }
        ROUTER.awaitQuiet();
        assertThat(ROUTER.received()).as("requests that got through").hasSizeLessThan(1000);
        assertThat(RawClient.exchange(ROUTER.port(), Requests.get("/v1/models")).status())
                .isEqualTo(200);
        assertThat(usedAfterGc() - usedBefore).as("bytes kept").isLessThan(32L << 20);
    }

    private static long usedAfterGc() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    @Test
    void survivesAPrefaceThatIsNone() {
        try (RawClient client = RawClient.connect(ROUTER.port())) {
            client.send("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n");
            client.bytes(9); // settings, maybe
            await().atMost(Duration.ofSeconds(5)).until(client::isEndedAfterAll);
        }
    }
}
