package io.bactrian.journey;

import static io.bactrian.fixture.RawModelServer.answering;
import static io.bactrian.fixture.RawModelServer.sending;
import static io.bactrian.fixture.SplitPool.CHAT;
import static io.bactrian.fixture.SplitPool.PARAMS;
import static io.bactrian.fixture.SplitPool.answer;
import static io.bactrian.fixture.SplitPool.bodyOf;
import static io.bactrian.fixture.SplitPool.computed;
import static io.bactrian.fixture.SplitPool.fetching;
import static io.bactrian.fixture.SplitPool.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.fixture.SplitPool;
import io.bactrian.fixture.WaitingRoom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Prefill here, decode there, over NIXL: through the router's port, with the bytes that both servers get. */
@Timeout(60)
class NixlJourneyTest {
    private static final String SKELETON =
            "\"kv_transfer_params\":{\"do_remote_decode\":true,\"do_remote_prefill\":false,"
                    + "\"remote_engine_id\":null,\"remote_block_ids\":null,\"remote_host\":null,\"remote_port\":null}}";

    @TempDir
    private Path dir = Path.of("");

    private final RawModelServer prefill = answering(computed(16, PARAMS));
    private final RawModelServer decode = answering(json(200, answer(40, ",\"kv_transfer_params\":null")));
    private RouterFixture router = RouterFixture.builder().build();

    @AfterEach
    void close() {
        router.closeWhenQuiet();
    }

    private SplitPool pool() {
        return new SplitPool(dir).prefill(prefill).decode(decode);
    }

    @Test
    void bothLegsCarryWhatTheTraceShows() {
        router = pool().start();

        HttpAnswer answer =
                router.ask(CHAT, "x-request-id: r-1", "Authorization: Bearer t", "x-prefiller-host-port: 10.9.9.9:1");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).isEqualTo(answer(16, ""));
        assertThat(answer.header("content-length"))
                .contains(String.valueOf(answer.text().length()));
        assertThat(prefill.requests()).hasSize(1);
        assertThat(bodyOf(prefill.requests().get(0)))
                .isEqualTo(CHAT.replace("\"max_completion_tokens\":32", "\"max_completion_tokens\":1")
                                .replaceFirst("}$", "")
                        + ",\"max_tokens\":1,\"stream\":false," + SKELETON);
        assertThat(decode.requests()).hasSize(1);
        assertThat(bodyOf(decode.requests().get(0))).isEqualTo(fetching(CHAT));
        for (RawModelServer server : new RawModelServer[] {prefill, decode}) {
            assertThat(server.requests().get(0))
                    .startsWith("POST /v1/chat/completions HTTP/1.1\r\n")
                    .containsIgnoringCase("x-request-id: r-1\r\n")
                    .containsIgnoringCase("authorization: Bearer t\r\n")
                    .doesNotContain("10.9.9.9", "x-prefiller-host-port");
            assertThat(server.requests().get(0).split("(?i)x-request-id", -1)).hasSize(2);
        }
        router.awaitQuiet();
        assertThat(router.meter("bactrian_pd_requests_total{connector=\"nixlv2\",outcome=\"ok\"}"))
                .isEqualTo("1.0");
        assertThat(router.meter("bactrian_pd_inflight{stage=\"prefill\"}")).isEqualTo("0.0");
        assertThat(router.meter("bactrian_pd_prefill_duration_seconds_count{connector=\"nixlv2\"}"))
                .isEqualTo("1");
        assertThat(router.router().application().meters().scrape())
                .contains("llm_d_epp_disagg_decision_total{decision_type=\"prefill-decode\",model_name=\"demo\"");
    }

    @Test
    void timeToFirstTokenEndsWithATokenAndNotWithARole() throws IOException {
        String role = "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"}}]}\n\n";
        String rest = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"The\"}}]}\n\ndata: [DONE]\n\n";
        CountDownLatch roleRead = new CountDownLatch(1);
        decode.answerWith(connection -> {
            connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: "
                    + (role.length() + rest.length()) + "\r\n\r\n" + role);
            roleRead.await();
            connection.send(rest);
            return true;
        });
        router = pool().start();

        try (RawClient client = RawClient.connect(router.port())) {
            client.send(Requests.post(
                    "{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"stream\":true}"));
            await().until(() -> !router.meter("bactrian_pd_handoff_duration_seconds_count{connector=\"nixlv2\"}")
                    .isEmpty());
            assertThat(router.meter("bactrian_pd_ttft_seconds_count{connector=\"nixlv2\"}"))
                    .isEmpty();
            assertThat(router.meter("bactrian_pd_inflight{stage=\"decode\"}")).isEqualTo("1.0");
            roleRead.countDown();
            assertThat(client.read().text()).isEqualTo(role + rest);
        }

        router.awaitQuiet();
        assertThat(router.meter("bactrian_pd_ttft_seconds_count{connector=\"nixlv2\"}"))
                .isEqualTo("1");
        assertThat(router.meter("bactrian_pd_inflight{stage=\"decode\"}")).isEqualTo("0.0");
    }

    @Test
    void aStreamIsCorrectedInTheOneEventThatReportsUsage() {
        String role =
                "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"}}],\"usage\":null}\n\n";
        String token = "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"usage: The\"}}]}\n\n";
        String usage =
                "data: {\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":41,\"completion_tokens\":9,\"total_tokens\":50,"
                        + "\"prompt_tokens_details\":%s}}\n\n";
        String end = ": note\n\ndata: [DONE]\n\n";
        String stream = role + token + usage.formatted("null") + end;
        decode.answerWith(connection -> {
            connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (int i = 0; i < stream.length(); i += 7) { // splits every line
                String piece = stream.substring(i, Math.min(stream.length(), i + 7));
                connection.send(Integer.toHexString(piece.length()) + "\r\n" + piece + "\r\n");
            }
            connection.send("0\r\n\r\n");
            return true;
        });
        router = pool().start();

        HttpAnswer answer =
                router.ask("{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"stream\":true,"
                        + "\"stream_options\":{\"include_usage\":true}}");

        assertThat(answer.text()).isEqualTo(role + token + usage.formatted("{\"cached_tokens\":16}") + end);
        assertThat(bodyOf(prefill.requests().get(0)))
                .contains("\"stream\":false")
                .doesNotContain("stream_options");
        assertThat(bodyOf(decode.requests().get(0)))
                .contains("\"stream\":true,\"stream_options\":{\"include_usage\":true},\"kv_transfer_params\":");
        assertThat(router.meter("bactrian_pd_ttft_seconds_count{connector=\"nixlv2\"}"))
                .isEqualTo("1");
    }

    @Test
    void completionsAreSplitToo() {
        router = pool().start();
        String body = "{\"model\":\"demo\",\"prompt\":\"abc\",\"max_tokens\":20,\"min_tokens\":5}";

        assertThat(RawClient.exchange(router.port(), Requests.postTo("/v1/completions?x=1", body))
                        .status())
                .isEqualTo(200);

        assertThat(prefill.requests().get(0)).startsWith("POST /v1/completions?x=1 ");
        assertThat(bodyOf(prefill.requests().get(0)))
                .isEqualTo("{\"model\":\"demo\",\"prompt\":\"abc\",\"max_tokens\":1,\"stream\":false," + SKELETON);
        assertThat(bodyOf(decode.requests().get(0)))
                .isEqualTo(
                        "{\"model\":\"demo\",\"prompt\":\"abc\",\"max_tokens\":20,\"min_tokens\":5,\"kv_transfer_params\":"
                                + PARAMS + "}");
    }

    @Test
    void withoutParametersDecodeComputesThePrompt() {
        prefill.answerWith(sending(computed(0, "null")));
        router = pool().start();

        assertThat(router.ask(CHAT).status()).isEqualTo(200);

        assertThat(bodyOf(decode.requests().get(0))).isEqualTo(CHAT);
        router.awaitQuiet();
        assertThat(router.meter("bactrian_pd_requests_total{connector=\"nixlv2\",outcome=\"handoff_missing\"}"))
                .isEqualTo("1.0");
    }

    @Test
    void severalAnswersAreLeftWhole() {
        router = pool().start();

        assertThat(router.ask(CHAT.replace("\"temperature\":0", "\"n\":2")).status())
                .isEqualTo(200);

        assertThat(prefill.requests()).isEmpty();
        assertThat(bodyOf(decode.requests().get(0))).isEqualTo(CHAT.replace("\"temperature\":0", "\"n\":2"));
    }

    @Test
    void whatThePrefillEndpointRefusesIsAnsweredAsItIs() {
        prefill.answerWith(sending(json(400, "{\"object\":\"error\",\"message\":\"too long\"}")));
        router = pool().start();

        HttpAnswer answer = router.ask(CHAT);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text()).isEqualTo("{\"object\":\"error\",\"message\":\"too long\"}");
        assertThat(decode.requests()).isEmpty();
    }

    /** The worked trace of a failure: the first answers 503, the second cannot be reached, and the request goes on alone. */
    @Test
    void whenPrefillEndpointsFailDecodeComputesThePrompt() {
        prefill.answerWith(sending(json(503, "{}")));
        RawModelServer dead = answering("");
        dead.close();
        router = pool().prefill(dead).start();

        HttpAnswer answer = router.ask(CHAT);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(bodyOf(decode.requests().get(0))).isEqualTo(CHAT);
        assertThat(answer.text()).isEqualTo(answer(40, ",\"kv_transfer_params\":null"));
        router.awaitQuiet();
        assertThat(router.meter("bactrian_pd_fallback_total{reason=\"prefill_exhausted\"}"))
                .isEqualTo("1.0");
        assertThat(router.meter("bactrian_pd_requests_total{connector=\"nixlv2\",outcome=\"prefill_failed_fallback\"}"))
                .isEqualTo("1.0");
    }

    @Test
    void anotherPrefillEndpointIsAskedFirst() {
        RawModelServer failing = answering(json(500, "{}"));
        router = pool().prefill(failing).start();

        for (int i = 0; i < 10; i++) {
            assertThat(router.ask(CHAT).status()).isEqualTo(200);
        }

        assertThat(failing.requests()).isNotEmpty();
        assertThat(decode.requests()).hasSize(10).allSatisfy(request -> assertThat(bodyOf(request))
                .contains("\"remote_engine_id\":\"3c1d\""));
        assertThat(router.meter("bactrian_pd_prefill_retries_total{reason=\"status_500\"}"))
                .isEqualTo((double) failing.requests().size() + "");
    }

    @Test
    void aPrefillEndpointThatKeepsFailingIsLeftOut() {
        RawModelServer failing = answering(json(500, "{}"));
        router = pool().prefill(failing)
                .property("bactrian.breaker.window-requests", "4")
                .property("bactrian.breaker.min-requests", "2")
                .start();

        for (int i = 0; i < 40; i++) {
            assertThat(router.ask(CHAT).status()).isEqualTo(200);
        }

        assertThat(failing.requests()).hasSizeLessThan(6);
    }

    @Test
    void aFailureMayBeTheEndOfTheRequest() {
        prefill.answerWith(sending(json(503, "{}")));
        router = pool().split("when-prefill-failed", "fail").start();

        HttpAnswer answer = router.ask(CHAT);

        assertThat(answer.status()).isEqualTo(502);
        assertThat(answer.text()).contains("prefill: endpoint 127.0.0.1:" + prefill.port() + " answered 503");
        assertThat(decode.requests()).isEmpty();
        router.awaitQuiet();
        assertThat(router.meter("bactrian_pd_requests_total{connector=\"nixlv2\",outcome=\"prefill_failed\"}"))
                .isEqualTo("1.0");
    }

    @Test
    void afterTheLastAttemptARequestMayFail() {
        prefill.answerWith(sending(json(503, "{}")));
        router = pool().split("when-prefill-unavailable", "fail").start();

        assertThat(router.ask(CHAT).status()).isEqualTo(502);
        assertThat(decode.requests()).isEmpty();
    }

    @Test
    void withNoPrefillEndpointARequestGoesOnOrFailsAsThePoolSays() {
        router = new SplitPool(dir).decode(decode).start();
        assertThat(router.ask(CHAT).status()).isEqualTo(200);
        router.close();
        router = new SplitPool(dir)
                .decode(answering(""))
                .split("when-prefill-unavailable", "fail")
                .start();

        HttpAnswer answer = router.ask(CHAT);

        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.text()).contains("no endpoint is ready to compute the prompt");
    }

    @Test
    void aPromptThatTakesTooLongIsComputedByDecode() {
        prefill.answerWith(RawModelServer.Connection::awaitClose);
        router = pool().split("prefill-timeout", "50ms").start();

        assertThat(router.ask(CHAT).status()).isEqualTo(200);
        assertThat(bodyOf(decode.requests().get(0))).isEqualTo(CHAT);
        await().until(() -> prefill.closedByRouter() == 1);
    }

    @Test
    void decodeIsToldOfBlocksOnceOnly() {
        RawModelServer refusing = answering(json(503, "{}"));
        router = pool().decode(refusing).start();

        for (int i = 0; i < 12; i++) {
            assertThat(router.ask(CHAT).status()).isEqualTo(200);
        }

        assertThat(refusing.requests()).isNotEmpty();
        long whole = decode.requests().stream()
                .filter(request -> !request.contains("remote_engine_id"))
                .count();
        assertThat(whole)
                .as("after a decode endpoint that may have fetched the blocks")
                .isEqualTo(refusing.requests().size());
    }

    @Test
    void aDecodeEndpointThatWasNeverReachedLeavesTheBlocksToTheNext() {
        RawModelServer dead = answering("");
        dead.close();
        router = pool().decode(dead).start();

        for (int i = 0; i < 12; i++) {
            assertThat(router.ask(CHAT).status()).isEqualTo(200);
        }

        assertThat(decode.requests()).hasSize(12).allSatisfy(request -> assertThat(bodyOf(request))
                .contains("remote_engine_id"));
    }

    /** A route of the engineer's own that holds requests between the two legs. */
    private SplitPool holdingFor(String millis) throws IOException {
        Path routes = Files.createDirectory(dir.resolve("routes"));
        Files.writeString(routes.resolve("run-prefill.camel.yaml"), """
                - route:
                    id: run-prefill
                    from:
                      uri: direct:run-prefill
                      steps:
                        - to:
                            uri: model-server:prefill
                        - delay:
                            asyncDelayed: true
                            expression:
                              constant:
                                expression: "%s"
                """.formatted(millis));
        return pool().property("bactrian.routes.dir", routes.toString());
    }

    @Test
    void blocksWhoseLeaseMayHaveEndedAreNotAskedFor() throws IOException {
        router = holdingFor("50").split("kv-lease", "20ms").start();

        assertThat(router.ask(CHAT).status()).isEqualTo(200);

        assertThat(prefill.requests()).hasSize(1);
        assertThat(bodyOf(decode.requests().get(0))).isEqualTo(CHAT);
        assertThat(router.meter("bactrian_pd_stranded_kv_total{action=\"left_to_lease\"}"))
                .isEqualTo("1.0");
    }

    @Test
    void aClientThatLeavesBetweenTheLegsHasItsBlocksFetched() throws InterruptedException {
        router = pool().property(
                        "bactrian.routes.dir", WaitingRoom.betweenLegs().toString())
                .start();

        WaitingRoom.Waiting between;
        try (RawClient client = RawClient.connect(router.port())) {
            client.send(Requests.post(CHAT));
            between = WaitingRoom.next();
        }
        try {
            await().until(() -> decode.requests().size() == 1); // whatever waits between the legs
        } finally {
            between.goOn();
        }
        assertThat(bodyOf(decode.requests().get(0)))
                .contains(
                        "\"max_completion_tokens\":1,",
                        "\"max_tokens\":1,\"stream\":false,\"kv_transfer_params\":" + PARAMS);
        assertThat(router.meter("bactrian_pd_stranded_kv_total{action=\"drained\"}"))
                .isEqualTo("1.0");
    }

    @Test
    void aClientThatLeavesDuringPrefillEndsIt() throws InterruptedException {
        CountDownLatch asked = new CountDownLatch(1);
        prefill.answerWith(connection -> {
            asked.countDown();
            return connection.awaitClose();
        });
        router = pool().start();

        try (RawClient client = RawClient.connect(router.port())) {
            client.send(Requests.post(CHAT));
            asked.await();
        }

        await().until(() -> prefill.closedByRouter() == 1);
        router.awaitQuiet();
        assertThat(decode.requests()).isEmpty();
        assertThat(router.meter("bactrian_pd_requests_total{connector=\"nixlv2\",outcome=\"client_cancelled\"}"))
                .isEqualTo("1.0");
    }

    @Test
    void aClientThatLeavesBeforeTheAnswerLetsDecodeFetchTheBlocks() throws InterruptedException {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch left = new CountDownLatch(1);
        CountDownLatch answered = new CountDownLatch(1);
        decode.answerWith(connection -> {
            asked.countDown();
            left.await();
            connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: {}\n\n");
            answered.countDown();
            return connection.awaitClose();
        });
        router = pool().start();

        try (RawClient client = RawClient.connect(router.port())) {
            client.send(Requests.post(CHAT.replace("\"temperature\":0", "\"stream\":true")));
            asked.await();
        }
        router.awaitQuiet();
        assertThat(decode.closedByRouter()).as("left alone until it answers").isZero();
        left.countDown();
        answered.await();

        await().until(() -> decode.closedByRouter() == 1);
        assertThat(router.meter("bactrian_pd_stranded_kv_total{action=\"drained\"}"))
                .isEqualTo("1.0");
    }

    @Test
    void aDecodeEndpointThatNeverAnswersIsLeftAfterAWhile() throws InterruptedException {
        CountDownLatch asked = new CountDownLatch(1);
        decode.answerWith(connection -> {
            asked.countDown();
            return connection.awaitClose();
        });
        router = pool().split("drain-timeout", "100ms").start();

        try (RawClient client = RawClient.connect(router.port())) {
            client.send(Requests.post(CHAT));
            asked.await();
        }

        await().until(() -> decode.closedByRouter() == 1);
    }

    @Test
    void aSidecarSplitsByHeadersAlone() {
        router = pool().split("mode", "sidecar").start();

        assertThat(router.ask(CHAT).status()).isEqualTo(200);

        assertThat(prefill.requests()).isEmpty();
        assertThat(decode.requests().get(0))
                .contains("x-prefiller-host-port: 127.0.0.1:" + prefill.port() + "\r\n")
                .endsWith("\r\n\r\n" + CHAT);
    }

    @Test
    void anotherSidecarIsToldWhoComputesThePromptToo() {
        RawModelServer busy = answering(json(503, "{}"));
        router = pool().decode(busy).split("mode", "sidecar").start();
        String named = "x-prefiller-host-port: 127.0.0.1:" + prefill.port() + "\r\n";

        do {
            assertThat(router.ask(CHAT).status()).isEqualTo(200);
        } while (busy.requests().isEmpty());

        assertThat(busy.requests()).hasSize(1).first().asString().contains(named);
        assertThat(decode.requests()).isNotEmpty().allSatisfy(request -> assertThat(request)
                .contains(named));
    }

    @Test
    void fallbacksAreLimitedAtEachDecodeEndpoint() throws InterruptedException {
        prefill.answerWith(sending(json(503, "{}")));
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        decode.answerWith(connection -> {
            asked.countDown();
            goOn.await();
            connection.send(json(200, "{}"));
            return true;
        });
        router = pool().split("max-fallbacks", "1").start();

        try (RawClient first = RawClient.connect(router.port())) {
            first.send(Requests.post(CHAT));
            asked.await();
            HttpAnswer second = router.ask(CHAT);
            assertThat(second.status()).isEqualTo(503);
            assertThat(second.header("Retry-After")).isPresent();
            goOn.countDown();
            assertThat(first.read().status()).isEqualTo(200);
        }
        router.awaitQuiet();
        assertThat(router.ask(CHAT).status()).isEqualTo(200);
    }
}
