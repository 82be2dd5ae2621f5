package io.bactrian.journey;

import static io.bactrian.fixture.RawModelServer.answering;
import static io.bactrian.fixture.RawModelServer.sending;
import static io.bactrian.fixture.SplitPool.bodyOf;
import static io.bactrian.fixture.SplitPool.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.fixture.SplitPool;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Both legs at once, as SGLang and Mooncake want it: what one comes to ends the other. */
@Timeout(60)
class PairJourneyTest {
    private static final String CHAT =
            "{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"stream\":true,\"max_tokens\":16,"
                    + "\"stream_options\":{\"include_usage\":true}}";
    private static final String STREAM = "data: {\"choices\":[{\"delta\":{\"content\":\"The\"}}]}\n\ndata: [DONE]\n\n";
    private static final Pattern ROOM = Pattern.compile("\"bootstrap_room\":(\\d+)}$");

    @TempDir
    private Path dir = Path.of("");

    private final RawModelServer prefill = answering(stream("data: {}\n\ndata: [DONE]\n\n"));
    private final RawModelServer decode = answering(stream(STREAM));
    private RouterFixture router = RouterFixture.builder().build();

    private static String stream(String events) {
        return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: " + events.length() + "\r\n\r\n"
                + events;
    }

    @AfterEach
    void close() {
        router.closeWhenQuiet();
    }

    private SplitPool sglang() {
        return new SplitPool(dir)
                .split("kv-connector", "sglang")
                .prefill(prefill)
                .decode(decode);
    }

    private static String room(String request) {
        Matcher room = ROOM.matcher(bodyOf(request));
        assertThat(room.find()).as(request).isTrue();
        return room.group(1);
    }

    private String meters() {
        return router.router().application().meters().scrape();
    }

    @Test
    void bothLegsMeetInOneRoom() {
        CountDownLatch decodeAsked = new CountDownLatch(1);
        prefill.answerWith(connection -> {
            decodeAsked.await(); // it would never be, if decode had to wait for this answer
            connection.send(stream("data: {}\n\ndata: [DONE]\n\n"));
            return true;
        });
        decode.answerWith(connection -> {
            decodeAsked.countDown();
            connection.send(stream(STREAM));
            return true;
        });
        router = sglang().start();

        HttpAnswer answer = router.ask(CHAT);

        assertThat(answer.text()).isEqualTo(STREAM);
        await().until(() -> prefill.requests().size() == 1);
        assertThat(bodyOf(prefill.requests().get(0)))
                .isEqualTo(bodyOf(decode.requests().get(0)));
        assertThat(bodyOf(decode.requests().get(0)))
                .startsWith(CHAT.substring(0, CHAT.length() - 1)
                        + ",\"bootstrap_host\":\"127.0.0.1\",\"bootstrap_port\":8998,\"bootstrap_room\":");
        router.awaitQuiet();
        assertThat(meters()).contains("bactrian_pd_requests_total{connector=\"sglang\",outcome=\"ok\"} 1.0");
    }

    /** The worked trace: prefill answers 503, decode is given up, and both are sent again into a new room. */
    @Test
    void aPairIsTriedAgainInANewRoomWhenPrefillFails() {
        AtomicInteger given = new AtomicInteger();
        CountDownLatch decodeAsked = new CountDownLatch(1);
        decode.answerWith(connection -> {
            decodeAsked.countDown();
            if (given.getAndIncrement() == 0) {
                return connection.awaitClose(); // as a server does that waits for blocks
            }
            connection.send(stream(STREAM));
            return true;
        });
        RawModelServer.Script failing = connection -> {
            decodeAsked.await();
            connection.send(json(503, "{}"));
            return true;
        };
        AtomicInteger refused = new AtomicInteger();
        RawModelServer.Script once = connection -> {
            if (refused.getAndIncrement() == 0) {
                return failing.answer(connection);
            }
            connection.send(stream(""));
            return true;
        };
        RawModelServer other = new RawModelServer(once);
        prefill.answerWith(once);
        router = sglang().prefill(other).start();

        assertThat(router.ask(CHAT).text()).isEqualTo(STREAM);

        await().until(() -> decode.closedByRouter() == 1);
        assertThat(decode.requests()).hasSize(2);
        assertThat(room(decode.requests().get(0)))
                .isNotEqualTo(room(decode.requests().get(1)));
        assertThat(meters()).contains("bactrian_pd_prefill_retries_total{reason=\"status_503\"} 1.0");
    }

    @Test
    void withoutAnotherPrefillEndpointDecodeComputesThePrompt() {
        AtomicInteger given = new AtomicInteger();
        CountDownLatch decodeAsked = new CountDownLatch(1);
        decode.answerWith(connection -> {
            decodeAsked.countDown();
            if (given.getAndIncrement() == 0) {
                return connection.awaitClose();
            }
            connection.send(stream(STREAM));
            return true;
        });
        prefill.answerWith(connection -> {
            decodeAsked.await();
            connection.reset();
            return false;
        });
        router = sglang().start();

        assertThat(router.ask(CHAT).text()).isEqualTo(STREAM);
        assertThat(bodyOf(decode.requests().get(1))).isEqualTo(CHAT);
        await().until(() -> decode.closedByRouter() == 1);
    }

    @Test
    void whenDecodeFailsPrefillIsGivenUpAndAnotherPairTried() {
        RawModelServer failing = answering(json(500, "{}"));
        RawModelServer second = answering(stream(""));
        router = sglang().prefill(second).decode(failing).start();

        for (int i = 0; i < 12; i++) {
            assertThat(router.ask(CHAT).text()).isEqualTo(STREAM);
        }
        assertThat(failing.requests()).isNotEmpty();
        assertThat(decode.requests()).extracting(PairJourneyTest::room).doesNotHaveDuplicates();
    }

    @Test
    void whatPrefillRefusesIsAnsweredAsItIs() {
        CountDownLatch decodeAsked = new CountDownLatch(1);
        decode.answerWith(connection -> {
            decodeAsked.countDown();
            return connection.awaitClose();
        });
        prefill.answerWith(connection -> {
            decodeAsked.await();
            connection.send(json(400, "{\"object\":\"error\"}"));
            return true;
        });
        router = sglang().start();

        HttpAnswer answer = router.ask(CHAT);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text()).isEqualTo("{\"object\":\"error\"}");
        await().until(() -> decode.closedByRouter() == 1);
    }

    @Test
    void anAnswerThatHasBegunOutlivesItsPrefillLeg() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch failed = new CountDownLatch(1);
        prefill.answerWith(connection -> {
            begun.await();
            connection.reset();
            failed.countDown();
            return false;
        });
        decode.answerWith(connection -> {
            connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: " + STREAM.length()
                    + "\r\n\r\n" + STREAM.substring(0, STREAM.indexOf("\n\n") + 2));
            begun.countDown();
            failed.await();
            connection.send(STREAM.substring(STREAM.indexOf("\n\n") + 2));
            return true;
        });
        router = sglang().start();

        assertThat(router.ask(CHAT).text()).isEqualTo(STREAM);
    }

    @Test
    void aClientThatLeavesEndsBothLegs() throws InterruptedException {
        CountDownLatch asked = new CountDownLatch(2);
        for (RawModelServer server : List.of(prefill, decode)) {
            server.answerWith(connection -> {
                asked.countDown();
                return connection.awaitClose();
            });
        }
        router = sglang().start();

        try (RawClient client = RawClient.connect(router.port())) {
            client.send(Requests.post(CHAT));
            asked.await();
        }

        await().until(() -> prefill.closedByRouter() == 1 && decode.closedByRouter() == 1);
    }

    @Test
    void anAnswerThatDoesNotFollowItsPromptIsGivenUp() {
        decode.answerWith(RawModelServer.Connection::awaitClose);
        router = sglang().split("pair-timeout", "50ms").start();

        assertThat(router.ask(CHAT).status()).isEqualTo(504);
        await().until(() -> decode.closedByRouter() == 1);
    }

    /** A bootstrap server that tells one id, then another: as one does that was started anew. */
    private static RawModelServer telling(AtomicInteger id) {
        return new RawModelServer(connection -> {
            connection.send(json(200, "{\"0\":{\"engine_id\":\"e-" + id.get() + "\"}}"));
            return true;
        });
    }

    @Test
    void aMooncakeEngineIsAskedForItsIdAgainAfterAFailure() {
        AtomicInteger id = new AtomicInteger(1);
        RawModelServer bootstrap = telling(id);
        String whole = CHAT.replace("\"stream\":true", "\"stream\":false")
                .replace(",\"stream_options\":{\"include_usage\":true}", "");
        decode.answerWith(sending(json(200, "{}")));
        router = new SplitPool(dir)
                .split("kv-connector", "mooncake")
                .split("mooncake-bootstrap-port", String.valueOf(bootstrap.port()))
                .prefill(prefill)
                .decode(decode)
                .start();

        assertThat(router.ask(whole).status()).isEqualTo(200);
        assertThat(router.ask(whole).status()).isEqualTo(200);
        assertThat(bootstrap.requests()).as("believed for a while").hasSize(1);
        assertThat(bootstrap.requests().get(0)).startsWith("GET /query HTTP/1.1\r\n");
        String first = bodyOf(decode.requests().get(0));
        assertThat(first)
                .contains("\"remote_bootstrap_addr\":\"http://127.0.0.1:" + bootstrap.port()
                        + "\",\"remote_engine_id\":\"e-1\"");
        assertThat(bodyOf(prefill.requests().get(0))).contains("\"stream\":false", "\"max_tokens\":1");
        assertThat(prefill.requests().get(0)).contains("x-data-parallel-rank: 0\r\n");

        id.set(2);
        CountDownLatch decodeAsked = new CountDownLatch(1);
        prefill.answerWith(connection -> {
            decodeAsked.await();
            connection.send(json(503, "{}"));
            return true;
        });
        decode.answerWith(connection -> {
            decodeAsked.countDown();
            if (decode.requests().get(decode.requests().size() - 1).contains("xfer-")) {
                return connection.awaitClose();
            }
            connection.send(json(200, "{}"));
            return true;
        });
        assertThat(router.ask(whole).status()).isEqualTo(200);
        prefill.answerWith(sending(json(200, "{}")));
        decode.answerWith(sending(json(200, "{}")));
        assertThat(router.ask(whole).status()).isEqualTo(200);
        assertThat(bodyOf(decode.requests().get(decode.requests().size() - 1)))
                .contains("\"remote_engine_id\":\"e-2\"");
        router.awaitQuiet();
        bootstrap.close();
    }

    @Test
    void aBootstrapPortThatDoesNotAnswerIsAFailureOfPrefill() {
        RawModelServer nobody = answering("");
        nobody.close();
        router = new SplitPool(dir)
                .split("kv-connector", "mooncake")
                .split("mooncake-bootstrap-port", String.valueOf(nobody.port()))
                .prefill(prefill)
                .decode(decode)
                .start();

        assertThat(router.ask(CHAT).text()).isEqualTo(STREAM);
        assertThat(bodyOf(decode.requests().get(0))).isEqualTo(CHAT);
        assertThat(prefill.requests()).isEmpty();
        assertThat(meters()).contains("bactrian_pd_fallback_total{reason=\"prefill_exhausted\"} 1.0");
    }

    private SplitPool moriio() {
        return new SplitPool(dir)
                .split("kv-connector", "moriio")
                .split("moriio.parallel-dispatch", "true")
                .prefill(prefill)
                .decode(decode);
    }

    /** The worked trace: what decode says is worth nothing until the blocks are written. */
    @Test
    void anAnswerIsHeldUntilThePromptIsComputed() throws IOException {
        CountDownLatch computed = new CountDownLatch(1);
        prefill.answerWith(connection -> {
            computed.await();
            connection.send(SplitPool.computed(16, "{\"transfer_id\":\"t\"}"));
            return true;
        });
        CountDownLatch said = new CountDownLatch(1);
        decode.answerWith(connection -> {
            connection.send(stream(STREAM));
            said.countDown();
            return true;
        });
        router = moriio().start();

        try (RawClient client = RawClient.connect(router.port())) {
            client.send(Requests.post(CHAT));
            await().until(() -> said.getCount() == 0);
            assertThat(meters()).contains("bactrian_pd_inflight{stage=\"prefill\"} 1.0");
            computed.countDown();

            HttpAnswer answer = client.read();
            assertThat(answer.text()).isEqualTo(STREAM);
            assertThat(answer.complete()).isTrue();
        }
        assertThat(bodyOf(decode.requests().get(0))).contains("\"remote_engine_id\":\"127.0.0.1:6301\"");
    }

    /** The worked trace: prefill fails while the answer is held; the client hears nothing of that answer. */
    @Test
    void aHeldAnswerIsDroppedWhenPrefillFails() {
        AtomicInteger given = new AtomicInteger();
        CountDownLatch said = new CountDownLatch(1);
        decode.answerWith(connection -> {
            if (given.getAndIncrement() == 0) {
                connection.send(
                        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
                connection.send("10\r\ndata: \"bogus\"\r\n\r\n");
                said.countDown();
                return connection.awaitClose();
            }
            connection.send(stream(STREAM));
            return true;
        });
        prefill.answerWith(connection -> {
            said.await();
            connection.send(json(500, "{}"));
            return true;
        });
        router = moriio().start();

        assertThat(router.ask(CHAT).text()).isEqualTo(STREAM);

        await().until(() -> decode.closedByRouter() == 1);
        assertThat(bodyOf(decode.requests().get(1))).isEqualTo(CHAT); // computed where it is answered
        router.awaitQuiet();
        assertThat(meters()).contains("outcome=\"prefill_failed_fallback\"} 1.0");
    }

    @Test
    void aHeldAnswerLongerThanItsLimitSlowsTheServerDownAndComesWhole() throws IOException {
        String events =
                "data: {\"choices\":[{\"delta\":{\"content\":\"word\"}}]}\n\n".repeat(400_000) + "data: [DONE]\n\n";
        CountDownLatch computed = new CountDownLatch(1);
        prefill.answerWith(connection -> {
            computed.await();
            connection.send(SplitPool.computed(16, "{}"));
            return true;
        });
        CountDownLatch sentAll = new CountDownLatch(1);
        decode.answerWith(connection -> {
            connection.send(stream(events));
            sentAll.countDown();
            return true;
        });
        router = moriio().start();

        try (RawClient client = RawClient.connect(router.port())) {
            client.send(Requests.post(CHAT));
            await().until(() ->
                    decode.requests().size() == 1 && prefill.requests().size() == 1);
            assertThat(sentAll.getCount()).isOne(); // no buffer of a socket takes it
            computed.countDown();

            assertThat(client.read().text()).isEqualTo(events);
        }
    }

    @Test
    void aHeldAnswerThatBreaksALimitIsGivenUpWhenItIsLetGo() {
        CountDownLatch said = new CountDownLatch(1);
        prefill.answerWith(connection -> {
            said.await();
            connection.send(SplitPool.computed(16, "{}"));
            return true;
        });
        decode.answerWith(connection -> {
            connection.send(stream("data: " + "x".repeat(50_000) + "\n\n" + STREAM));
            said.countDown();
            return true;
        });
        router = moriio().property("bactrian.upstream.max-event-bytes", "2048").start();

        assertThat(router.ask(CHAT).status()).isEqualTo(502);
    }

    /** What SGLang's prefill server knows of the prompt's tokens goes before what the decode server does. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void logProbabilitiesOfThePromptComeFromBoth(boolean streamed) {
        CountDownLatch decodeSaid = new CountDownLatch(1);
        prefill.answerWith(connection -> {
            decodeSaid.await();
            connection.send(json(
                    200, "{\"text\":\"\",\"meta_info\":{\"input_token_logprobs\":[[null,5,null],[-1.50,6,null]]}}"));
            return true;
        });
        String answer =
                "{\"text\":\"Yo\",\"meta_info\":{\"id\":\"a\",\"input_token_logprobs\":[[-2.0,7,null]],\"prompt_tokens\":3}}";
        String merged = answer.replace("[[-2.0", "[[null,5,null],[-1.50,6,null],[-2.0");
        String end = "data: [DONE]\n\n";
        String events = "data: " + answer + "\n\n";
        decode.answerWith(connection -> {
            connection.send(streamed ? stream(events + events + end) : json(200, answer));
            decodeSaid.countDown();
            return true;
        });
        router = sglang().start();

        HttpAnswer got = RawClient.exchange(
                router.port(),
                Requests.postTo(
                        "/generate",
                        "{\"text\":\"Hi\",\"return_logprob\":true" + (streamed ? ",\"stream\":true}" : "}")));

        assertThat(got.text()).isEqualTo(streamed ? "data: " + merged + "\n\n" + events + end : merged);
        assertThat(got.complete()).isTrue();
    }
}
