package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.simulator.SimulatedModelServerOptions;
import io.bactrian.simulator.engine.StepLatency;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a client may not take more of than its share: time, bytes, connections. */
@Timeout(30)
class LimitsJourneyTest {
    private static final int MAX_CONNECTIONS = 12;
    private static final String BIG_EVENT = "data: {\"x\":\"" + "y".repeat(16_000) + "\"}\n\n";
    private static final String BIG_JSON = "{\"x\":\"" + "y".repeat(60_000) + "\"}";

    private static final RawModelServer FLOOD = new RawModelServer(connection -> {
        connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
        while (true) {
            connection.send(BIG_EVENT);
        }
    });
    private static final RawModelServer BULK = new RawModelServer(connection -> {
        connection.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + BIG_JSON.length()
                + "\r\n\r\n" + BIG_JSON);
        return true;
    });

    @RegisterExtension
    static final RouterFixture ROUTER = RouterFixture.builder()
            .simulated(
                    "one",
                    "demo",
                    SimulatedModelServerOptions.builder()
                            .latency(StepLatency.NONE)
                            .build())
            .raw("flood", FLOOD)
            .raw("bulk", BULK)
            .property("bactrian.http.idle-timeout", "1s")
            .property("bactrian.http.header-timeout", "600ms")
            .property("bactrian.http.body-timeout", "800ms")
            .property("bactrian.http.stall-timeout", "700ms")
            .property("bactrian.http.max-body-bytes", "40000")
            .property("bactrian.http.max-buffered-bytes", "60000")
            .property("bactrian.http.max-initial-line-bytes", "2KiB")
            .property("bactrian.http.max-header-bytes", "4KiB")
            .property("bactrian.http.max-connections", String.valueOf(MAX_CONNECTIONS))
            .property("bactrian.metrics.interval", "10s")
            .property("bactrian.metrics.stale-after", "20s")
            .build();

    private static final String UPLOAD =
            Requests.head("POST /v1/chat/completions HTTP/1.1", "Transfer-Encoding: chunked") + "\r\n";

    @Test
    void closesAConnectionThatIsIdle() {
        try (RawClient client = RawClient.connect(ROUTER.port());
                RawClient fresh = RawClient.connect(ROUTER.port())) {
            assertThat(client.send(Requests.get("/v1/models")).read().status()).isEqualTo(200);

            assertThat(client.isEnded()).isTrue();
            assertThat(fresh.isEnded()).as("without a first request").isTrue();
        }
    }

    @Test
    void leavesAPipelinedRequestItsTimeToBeAnswered() {
        ROUTER.server().hang(Duration.ofMillis(1500));
        String chat = Requests.post(Requests.chat("demo", 1, false));
        try (RawClient client = RawClient.connect(ROUTER.port())) {
            client.send(chat + chat);
            assertThat(client.read().status()).isEqualTo(200);
            ROUTER.server().hang(Duration.ofMillis(1500));
            assertThat(client.read().status())
                    .as("longer than the idle timeout")
                    .isEqualTo(200);
            client.send(chat + chat);
            assertThat(client.read().status()).isEqualTo(200);
            assertThat(client.read().status()).isEqualTo(200);
        }
    }

    @Test
    void endsAHeadThatDribblesIn() {
        try (RawClient client = RawClient.connect(ROUTER.port())) {
            HttpAnswer answer = dribble(client, Requests.head("GET /v1/models HTTP/1.1", "X-A: " + "a".repeat(500)));

            assertThat(answer.status()).isEqualTo(408);
            assertThat(answer.header("connection")).hasValue("close");
            assertThat(answer.text()).contains("request_timeout").contains("head");
            assertThat(client.isEnded()).isTrue();
        }
    }

    @Test
    void endsABodyThatDribblesIn() {
        try (RawClient client = RawClient.connect(ROUTER.port())) {
            client.send(Requests.head("POST /v1/chat/completions HTTP/1.1", "Content-Length: 5000") + "\r\n");
            HttpAnswer answer = dribble(client, "{".repeat(500));

            assertThat(answer.status()).isEqualTo(408);
            assertThat(answer.text()).contains("request_timeout").contains("body");
            assertThat(client.isEnded()).isTrue();
        }
        assertThat(ROUTER.received()).isEmpty();
    }

    /** Sends {@code text} at a byte in 20 ms until there is an answer. */
    private static HttpAnswer dribble(RawClient client, String text) {
        Thread writer = new Thread(() -> {
            try {
                for (int i = 0; i < text.length(); i++) {
                    client.send(text.substring(i, i + 1));
                    java.util.concurrent.locks.LockSupport.parkNanos(20_000_000);
                }
            } catch (UncheckedIOException e) {
                // the router has closed
            }
        });
        writer.setDaemon(true);
        writer.start();
        return client.read();
    }

    @Test
    void leavesAClientThatStopsReadingAStream() {
        FLOOD.clear();
        try (RawClient client = RawClient.connect(ROUTER.port(), 4096)) {
            client.send(Requests.post(Requests.chat("flood", 1, true)));
            await().atMost(Duration.ofSeconds(5)).until(() -> ROUTER.reserved("flood") == 1);

            // The flood has nobody to take it: the router lets go of both sides.
            await().atMost(Duration.ofSeconds(10)).until(() -> ROUTER.reserved("flood") == 0);
        }
    }

    @Test
    void leavesAClientThatDoesNotReadItsLastBytes() {
        try (RawClient client = RawClient.connect(ROUTER.port(), 4096)) {
            // Answers that each fit the send buffer, until no buffer on the way takes more.
            String requests = Requests.post(Requests.chat("bulk", 1, false)).repeat(100);
            BULK.clear();
            int asked = 0;
            while (BULK.requests().size() == asked) {
                client.send(requests);
                asked += 100;
                assertThat(asked)
                        .as("requests that buffers took the answers of")
                        .isLessThan(3000);
                awaitStandstill();
            }
            assertThat(ROUTER.router().application().drain().inFlight()).isEqualTo(1);

            await().atMost(5, TimeUnit.SECONDS)
                    .until(() -> ROUTER.router().application().drain().inFlight() == 0);
        }
    }

    private static void awaitStandstill() {
        int[] last = {-1};
        await().pollInterval(Duration.ofMillis(150)).until(() -> {
            boolean still = BULK.requests().size() == last[0];
            last[0] = BULK.requests().size();
            return still;
        });
    }

    @Test
    void refusesABodyThatIsDeclaredTooLong() {
        try (RawClient client = RawClient.connect(ROUTER.port())) {
            HttpAnswer answer = client.send(
                            Requests.head("POST /v1/chat/completions HTTP/1.1", "Content-Length: 40001") + "\r\n{")
                    .read();

            assertThat(answer.status()).isEqualTo(413);
            assertThat(answer.text()).contains("body_too_large").contains("bactrian.http.max-body-bytes");
            assertThat(answer.header("connection")).hasValue("close");
            assertThat(client.isEnded()).isTrue();
        }
    }

    @Test
    void refusesABodyThatBecomesTooLong() {
        try (RawClient client = RawClient.connect(ROUTER.port())) {
            HttpAnswer answer = client.send(UPLOAD + Requests.chunked("x".repeat(45_000), 5000))
                    .read();

            assertThat(answer.status()).isEqualTo(413);
            assertThat(answer.text()).contains("body_too_large");
            assertThat(client.isEnded()).isTrue();
        }
    }

    @Test
    void refusesATargetThatIsTooLong() {
        HttpAnswer answer = RawClient.exchange(ROUTER.port(), Requests.get("/v1/models?" + "x".repeat(3000)));

        assertThat(answer.status()).isEqualTo(414);
        assertThat(answer.text()).contains("uri_too_long").contains("bactrian.http.max-initial-line-bytes");
    }

    @Test
    void refusesAHeadThatIsTooLong() {
        HttpAnswer one = RawClient.exchange(ROUTER.port(), Requests.get("/v1/models", "X-A: " + "x".repeat(5000)));
        String[] many = new String[400];
        java.util.Arrays.setAll(many, i -> "X-" + i + ": " + "x".repeat(5));
        HttpAnswer lots = RawClient.exchange(ROUTER.port(), Requests.get("/v1/models", many));

        assertThat(List.of(one, lots)).allSatisfy(answer -> {
            assertThat(answer.status()).isEqualTo(431);
            assertThat(answer.text()).contains("headers_too_large").contains("bactrian.http.max-header-bytes");
            assertThat(answer.header("connection")).hasValue("close");
        });
    }

    @Test
    void refusesConnectionsAboveTheLimit() {
        List<RawClient> open = new ArrayList<>();
        try {
            for (int i = 0; i < MAX_CONNECTIONS; i++) {
                RawClient client = RawClient.connect(ROUTER.port());
                open.add(client);
                assertThat(client.send(Requests.get("/v1/models")).read().status())
                        .isEqualTo(200);
            }
            try (RawClient client = RawClient.connect(ROUTER.port())) {
                HttpAnswer answer = client.send(Requests.get("/v1/models")).read();

                assertThat(answer.status()).isEqualTo(503);
                assertThat(answer.text()).contains("too_many_connections");
                assertThat(answer.header("retry-after")).hasValue("1");
                assertThat(answer.header("connection")).hasValue("close");
                assertThat(client.isEnded()).isTrue();
            }
        } finally {
            open.forEach(RawClient::close);
        }
        await().atMost(Duration.ofSeconds(5))
                .until(() -> RawClient.exchange(ROUTER.port(), Requests.get("/v1/models"))
                                .status()
                        == 200);
    }

    @Test
    void refusesBodiesThatMemoryHasNoRoomFor() {
        String half = Integer.toHexString(35_000) + "\r\n" + "x".repeat(35_000) + "\r\n";
        try (RawClient first = RawClient.connect(ROUTER.port());
                RawClient second = RawClient.connect(ROUTER.port());
                RawClient third = RawClient.connect(ROUTER.port())) {
            first.send(UPLOAD + half);
            await().atMost(Duration.ofSeconds(5))
                    .until(() -> ROUTER.router().application().budget().heldBytes() == 35_000);

            HttpAnswer declared = second.send(
                            Requests.head("POST /v1/chat/completions HTTP/1.1", "Content-Length: 35000") + "\r\n")
                    .read();
            HttpAnswer grown = third.send(UPLOAD + half).read();

            assertThat(List.of(declared, grown)).allSatisfy(answer -> {
                assertThat(answer.status()).isEqualTo(503);
                assertThat(answer.text()).contains("memory_exhausted");
                assertThat(answer.header("retry-after")).hasValue("1");
                assertThat(answer.header("connection")).hasValue("close");
            });
        }
    }
}
