package io.bactrian.journey;

import static io.bactrian.fixture.RawModelServer.answering;
import static io.bactrian.fixture.SplitPool.bodyOf;
import static io.bactrian.fixture.SplitPool.computed;
import static io.bactrian.fixture.SplitPool.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bactrian.endpoint.EndpointRole;
import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.fixture.SplitPool;
import io.bactrian.simulator.SharedKvStore;
import io.bactrian.simulator.SimulatedModelServer;
import io.bactrian.simulator.SimulatedModelServerOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A decode endpoint that shares a store is asked first where the client says how much of the prompt must be cached. */
@Timeout(60)
class TrialJourneyTest {
    private static final String PROMPT = "{\"model\":\"demo\",\"prompt\":\"abc\",\"max_tokens\":50";
    private static final String ASKED = PROMPT + ",\"cache_hit_threshold\":0.8}";
    private static final String BELOW =
            json(200, "{\"id\":\"t\",\"choices\":[{\"index\":0,\"text\":\"\",\"finish_reason\":\"cache_threshold\"}]}");
    private static final String DONE = json(
            200, "{\"id\":\"c\",\"choices\":[{\"index\":0,\"text\":\"cache_threshold\",\"finish_reason\":\"stop\"}]}");
    private static final String ROLE =
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n";
    private static final String GIVEN_UP =
            "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"cache_threshold\"}]}\n\n";
    private static final String TOKENS = """
            data: {"choices":[{"index":0,"delta":{"content":"cache_threshold"}}]}

            data: {"choices":[{"index":0,"delta":{"content":" is a word"}}]}

            data: [DONE]

            """;

    @TempDir
    private Path dir = Path.of("");

    private final RawModelServer prefill = answering(computed(16, "null"));
    private final RawModelServer decode = answering(DONE);
    private RouterFixture router = RouterFixture.builder().build();

    @AfterEach
    void close() {
        router.closeWhenQuiet();
    }

    private SplitPool pool() {
        return new SplitPool(dir)
                .split("kv-connector", "shared-storage")
                .prefill(prefill)
                .decode(decode);
    }

    private HttpAnswer ask(String body) {
        return RawClient.exchange(router.port(), Requests.postTo("/v1/completions", body));
    }

    private String meters() {
        return router.router().application().meters().scrape();
    }

    private static RawModelServer.Script firstThen(RawModelServer.Script first, RawModelServer.Script then) {
        CountDownLatch asked = new CountDownLatch(1);
        return connection -> {
            boolean isFirst = asked.getCount() == 1;
            asked.countDown();
            return (isFirst ? first : then).answer(connection);
        };
    }

    private static RawModelServer.Script sending(String answer) {
        return connection -> {
            connection.send(answer);
            return true;
        };
    }

    /** Sends {@code events} in pieces of {@code size}, and the end only if there is one. */
    private static RawModelServer.Script streaming(String events, int size) {
        return connection -> {
            connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (int i = 0; i < events.length(); i += size) {
                String piece = events.substring(i, Math.min(events.length(), i + size));
                connection.send(Integer.toHexString(piece.length()) + "\r\n" + piece + "\r\n");
            }
            connection.send("0\r\n\r\n");
            return true;
        };
    }

    /** The worked trace, not streamed. */
    @Test
    void whatTheDecodeEndpointHasTooLittleOfIsComputedFirst() {
        decode.answerWith(firstThen(sending(BELOW), sending(DONE)));
        router = pool().start();

        HttpAnswer answer = ask(ASKED);

        assertThat(answer.text()).isEqualTo(bodyOf(DONE));
        assertThat(decode.requests().stream().map(SplitPool::bodyOf))
                .containsExactly(ASKED, PROMPT + ",\"cache_hit_threshold\":0}");
        assertThat(prefill.requests().stream().map(SplitPool::bodyOf))
                .containsExactly(
                        "{\"model\":\"demo\",\"prompt\":\"abc\",\"max_tokens\":1,\"cache_hit_threshold\":0,\"stream\":false}");
        router.awaitQuiet();
        assertThat(meters())
                .contains("bactrian_pd_trials_total{outcome=\"below_threshold\"} 1.0")
                .contains("bactrian_pd_requests_total{connector=\"shared-storage\",outcome=\"ok\"} 1.0");
    }

    @Test
    void whatTheDecodeEndpointHasEnoughOfIsAnsweredAtOnce() {
        router = pool().start();

        assertThat(ask(ASKED).text()).isEqualTo(bodyOf(DONE));

        assertThat(prefill.requests()).isEmpty();
        assertThat(decode.requests()).hasSize(1);
        router.awaitQuiet();
        assertThat(meters()).contains("bactrian_pd_trials_total{outcome=\"served\"} 1.0");
    }

    @Test
    void withoutAThresholdNothingIsTried() {
        router = pool().start();

        assertThat(ask(PROMPT + "}").status()).isEqualTo(200);

        assertThat(prefill.requests()).hasSize(1);
        assertThat(decode.requests()).hasSize(1);
    }

    /** The worked trace, streamed: whether in the first or the second event, and cut anywhere. */
    @ParameterizedTest
    @CsvSource({"true, 7", "true, 1000", "false, 1", "false, 1000"})
    void aStreamThatIsGivenUpInItsFirstEventsIsDropped(boolean second, int size) {
        decode.answerWith(firstThen(streaming((second ? ROLE : "") + GIVEN_UP, size), streaming(ROLE + TOKENS, size)));
        router = pool().start();

        HttpAnswer answer = ask(PROMPT + ",\"stream\":true,\"cache_hit_threshold\":0.8}");

        assertThat(answer.text()).isEqualTo(ROLE + TOKENS);
        assertThat(answer.complete()).isTrue();
        assertThat(prefill.requests()).hasSize(1);
        assertThat(decode.requests()).hasSize(2);
    }

    /** A server that has given up may leave its stream open; it is closed. */
    @Test
    void aStreamThatIsGivenUpIsClosed() {
        decode.answerWith(firstThen(
                connection -> {
                    connection.send(
                            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                                    + Integer.toHexString(GIVEN_UP.length()) + "\r\n" + GIVEN_UP + "\r\n");
                    return connection.awaitClose();
                },
                streaming(ROLE + TOKENS, 9)));
        router = pool().start();

        assertThat(ask(PROMPT + ",\"stream\":true,\"cache_hit_threshold\":0.8}").text())
                .isEqualTo(ROLE + TOKENS);

        await().until(() -> decode.closedByRouter() == 1);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 11, 1000})
    void aStreamThatGoesOnIsNotHeldBeyondTwoEvents(int size) {
        decode.answerWith(streaming(ROLE + TOKENS, size));
        router = pool().start();

        assertThat(ask(PROMPT + ",\"stream\":true,\"cache_hit_threshold\":0.8}").text())
                .isEqualTo(ROLE + TOKENS);

        assertThat(prefill.requests()).isEmpty();
    }

    @Test
    void aFailedPrefillAfterATrialFallsBack() {
        decode.answerWith(firstThen(sending(BELOW), sending(DONE)));
        prefill.answerWith(sending(json(500, "{}")));
        router = pool().start();

        assertThat(ask(ASKED).text()).isEqualTo(bodyOf(DONE));

        router.awaitQuiet();
        assertThat(meters()).contains("outcome=\"prefill_failed_fallback\"} 1.0");
    }

    @Test
    void aClientThatLeavesDuringTheTrialEndsIt() throws IOException {
        decode.answerWith(RawModelServer.Connection::awaitClose);
        router = pool().start();

        try (RawClient client = RawClient.connect(router.port())) {
            client.send(Requests.postTo("/v1/completions", ASKED));
            await().until(() -> decode.requests().size() == 1);
        }

        await().until(() -> decode.closedByRouter() == 1);
        router.awaitQuiet();
        assertThat(prefill.requests()).isEmpty();
    }

    @Test
    void aClientThatLeavesDuringThePrefillAfterATrialEndsThat() throws IOException {
        decode.answerWith(sending(BELOW));
        prefill.answerWith(RawModelServer.Connection::awaitClose);
        router = pool().start();

        try (RawClient client = RawClient.connect(router.port())) {
            client.send(Requests.postTo("/v1/completions", ASKED));
            await().until(() -> prefill.requests().size() == 1);
        }

        await().until(() -> prefill.closedByRouter() == 1);
        router.awaitQuiet();
        assertThat(decode.requests()).hasSize(1);
    }

    /** Servers that really share a store: computed once, then known to the decode endpoint. */
    @Test
    void simulatedServersGiveUpOnceAndHaveEnoughThen() {
        SharedKvStore store = new SharedKvStore(100_000);
        try (SimulatedModelServer first = server(EndpointRole.PREFILL, store);
                SimulatedModelServer second = server(EndpointRole.DECODE, store)) {
            router = new SplitPool(dir)
                    .split("kv-connector", "shared-storage")
                    .at("prefill", first.port())
                    .at("decode", second.port())
                    .start();
            String words = "one two three four five six seven eight nine ten eleven twelve ".repeat(12);
            String body = "{\"model\":\"demo\",\"prompt\":\"" + words
                    + "\",\"max_tokens\":6,\"ignore_eos\":true,\"cache_hit_threshold\":0.8}";

            for (int i = 0; i < 2; i++) {
                HttpAnswer answer = ask(body);
                assertThat(answer.status()).isEqualTo(200);
                assertThat(answer.text()).contains("\"completion_tokens\":6");
            }

            assertThat(second.transfers().belowThreshold()).isOne();
            router.awaitQuiet();
            assertThat(List.of(meters().split("\n")))
                    .contains("bactrian_pd_trials_total{outcome=\"below_threshold\"} 1.0")
                    .contains("bactrian_pd_trials_total{outcome=\"served\"} 1.0");
        }
    }

    private static SimulatedModelServer server(EndpointRole role, SharedKvStore store) {
        return SimulatedModelServer.builder()
                .options(SimulatedModelServerOptions.builder()
                        .models("demo")
                        .role(role)
                        .sharedKv(store)
                        .build())
                .start();
    }
}
