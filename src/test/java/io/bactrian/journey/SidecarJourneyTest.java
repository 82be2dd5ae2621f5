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
import io.bactrian.fixture.SidecarUnderTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.camel.health.HealthCheck;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Beside one engine: headers of the router before it in, requests to the engine and to whom they name out. */
@Timeout(60)
class SidecarJourneyTest {

    @TempDir
    private Path dir = Path.of("");

    private final RawModelServer prefill = answering(computed(16, PARAMS));
    private final RawModelServer engine = answering(json(200, answer(40, "")));
    private final AtomicBoolean alive = new AtomicBoolean(true);
    private RouterFixture sidecar = RouterFixture.builder().build();

    @AfterEach
    void close() {
        sidecar.closeWhenQuiet();
    }

    private SidecarUnderTest beside() {
        return new SidecarUnderTest(engine).closing(prefill);
    }

    private String prefillHeader() {
        return "x-prefiller-host-port: 127.0.0.1:" + prefill.port();
    }

    @Test
    void thePromptIsComputedWhereTheHeaderSays() {
        sidecar = beside().allowing(prefill).start();

        HttpAnswer answer = sidecar.ask(CHAT, prefillHeader(), "x-request-id: r-2", "Authorization: Bearer t");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).isEqualTo(answer(16, ""));
        assertThat(prefill.requests()).hasSize(1);
        assertThat(bodyOf(prefill.requests().get(0)))
                .contains(
                        "\"max_completion_tokens\":1", "\"do_remote_decode\":true", "12345678901234567890,\"f\":1.10");
        assertThat(engine.requests()).hasSize(1);
        assertThat(bodyOf(engine.requests().get(0))).isEqualTo(fetching(CHAT));
        for (RawModelServer server : new RawModelServer[] {prefill, engine}) {
            assertThat(server.requests().get(0))
                    .startsWith("POST /v1/chat/completions HTTP/1.1\r\n")
                    .containsIgnoringCase("x-request-id: r-2\r\n")
                    .containsIgnoringCase("authorization: Bearer t\r\n")
                    .doesNotContainIgnoringCase("x-prefiller-host-port");
        }
        sidecar.awaitQuiet();
        assertThat(sidecar.meter("bactrian_pd_requests_total{connector=\"nixlv2\",outcome=\"ok\"}"))
                .isEqualTo("1.0");
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/chat/completions, '\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]', max_tokens",
        "/v1/completions?x=1, '\"prompt\":\"Hi\"', max_tokens",
        "/v1/messages, '\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]', max_tokens",
        "/v1/responses, '\"input\":\"Hi\"', max_output_tokens",
        "/inference/v1/generate, '\"token_ids\":[1,2,3]', max_tokens"
    })
    void everyApiThatCanBeSplitIs(String target, String prompt, String limit) {
        sidecar = beside().allowing(prefill).start();
        String body = "{\"model\":\"demo\"," + prompt + "}";

        HttpAnswer answer = RawClient.exchange(sidecar.port(), Requests.postTo(target, body, prefillHeader()));

        assertThat(answer.status()).isEqualTo(200);
        for (RawModelServer server : new RawModelServer[] {prefill, engine}) {
            assertThat(server.requests()).hasSize(1);
            assertThat(server.requests().get(0)).startsWith("POST " + target + " HTTP/1.1\r\n");
        }
        assertThat(bodyOf(prefill.requests().get(0))).contains("\"" + limit + "\":1", "\"do_remote_decode\":true");
        assertThat(bodyOf(engine.requests().get(0))).isEqualTo(fetching(body));
    }

    @ParameterizedTest
    @CsvSource({"GET, /v1/chat/completions", "POST, /v1/embeddings", "POST, /v1/chat/completions/render"})
    void headersCountForNothingWhereNothingIsSplit(String method, String target) {
        sidecar = beside().allowing(prefill).start();
        String headers = "x-prefiller-host-port: nonsense\r\nx-encoder-hosts-ports: nonsense";

        HttpAnswer answer = RawClient.exchange(
                sidecar.port(),
                Requests.head(method + " " + target + " HTTP/1.1", headers) + "Content-Length: 4\r\n\r\nbody");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(engine.requests().get(0))
                .startsWith(method + " " + target + " HTTP/1.1\r\n")
                .endsWith("\r\n\r\nbody")
                .doesNotContain("nonsense");
    }

    /** There is no other to be asked in its place. */
    @Test
    void anEngineThatFailsIsAskedAllTheSame() {
        engine.answerWith(sending(json(500, "{}")));
        sidecar = beside().property("bactrian.breaker.window-requests", "4")
                .property("bactrian.breaker.min-requests", "2")
                .start();

        for (int i = 0; i < 6; i++) {
            assertThat(sidecar.ask(CHAT).status()).isEqualTo(500);
        }

        assertThat(engine.requests()).hasSize(6);
    }

    @Test
    void aPrefillServerThatWritesIsToldThePodsAddress() {
        sidecar = beside().allowing(prefill)
                .split("kv-connector", "moriio")
                .property("bactrian.sidecar.pod-ip", "10.0.0.21")
                .start();

        assertThat(sidecar.ask(CHAT, prefillHeader()).status()).isEqualTo(200);

        assertThat(bodyOf(prefill.requests().get(0))).contains("\"remote_host\":\"10.0.0.21\"");
        assertThat(engine.requests()).hasSize(1);
    }

    private static final String SOURCE = "\"remote_kv_source\":\\{\"kv_request_id\":\"[0-9a-f-]{36}\","
            + "\"remote_host\":\"127.0.0.1\",\"remote_port\":7777}";

    @Test
    void cachedBlocksAreLoadedFromThePeerThatIsNamed() {
        sidecar = beside().allowing(prefill)
                .allowing(4)
                .split("kv-connector", "offloading")
                .start();
        String source = "x-kv-cache-source-host-port: 127.0.0.1:4";

        sidecar.ask(CHAT, source);
        sidecar.ask(CHAT, source, prefillHeader());
        sidecar.ask(CHAT, "x-kv-cache-source-host-port: 10.9.9.9:4");
        sidecar.ask(CHAT, "x-kv-cache-source-host-port: nonsense");

        assertThat(bodyOf(engine.requests().get(0)))
                .startsWith(CHAT.replaceFirst("}$", ""))
                .containsPattern("\"kv_transfer_params\":\\{" + SOURCE + "}}$");
        assertThat(bodyOf(prefill.requests().get(0)))
                .containsPattern("\\{\"remote_decoder\":\\{\"kv_request_id\":\"[0-9a-f-]{36}\"}," + SOURCE + "}");
        assertThat(bodyOf(engine.requests().get(1)))
                .contains("\"remote_prefiller\":")
                .doesNotContain("remote_kv_source");
        assertThat(engine.requests().subList(2, 4))
                .allSatisfy(request -> assertThat(bodyOf(request)).isEqualTo(CHAT));
    }

    @Test
    void overNixlAPeerIsReadWhereThatIsSwitchedOn() {
        sidecar = beside().allowing(prefill)
                .allowing(4)
                .property("bactrian.sidecar.enable-p2p-pull", "true")
                .start();

        sidecar.ask(CHAT, "x-kv-cache-source-host-port: 127.0.0.1:4", prefillHeader());
        sidecar.ask(CHAT, "x-kv-cache-source-host-port: 127.0.0.1:" + prefill.port(), prefillHeader());

        assertThat(bodyOf(prefill.requests().get(0))).containsPattern("\"remote_port\":null," + SOURCE + "}");
        assertThat(bodyOf(prefill.requests().get(1))).doesNotContain("remote_kv_source");
    }

    @Test
    void overNixlNobodyIsReadUnlessThatIsSwitchedOn() {
        sidecar = beside().allowing(prefill).allowing(4).start();
        String source = "x-kv-cache-source-host-port: 127.0.0.1:4";

        sidecar.ask(CHAT, source, prefillHeader());
        sidecar.ask(CHAT, source);

        assertThat(bodyOf(prefill.requests().get(0))).doesNotContain("remote_kv_source");
        assertThat(bodyOf(engine.requests().get(1))).isEqualTo(CHAT);
    }

    @Test
    void withoutHeadersTheEngineGetsTheBytesThatCame() {
        sidecar = beside().start();
        String stream = CHAT.replaceFirst("}$", "") + ",\"stream\":true}";

        sidecar.ask(CHAT);
        sidecar.ask(stream);

        assertThat(engine.requests()).extracting(request -> bodyOf(request)).containsExactly(CHAT, stream);
    }

    @Test
    void whatARouterSaysOfBlocksReachesTheEngine() {
        sidecar = beside().start();
        String told = fetching(CHAT);

        assertThat(sidecar.ask(told, "x-data-parallel-rank: 3").status()).isEqualTo(200);

        assertThat(bodyOf(engine.requests().get(0))).isEqualTo(told);
        assertThat(engine.requests().get(0)).containsIgnoringCase("x-data-parallel-rank: 3\r\n");
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /v1/models?x=1",
        "GET, /version",
        "GET, /%2e%2e/odd//path",
        "POST, /v1/embeddings",
        "POST, /sleep",
        "DELETE, /v1/responses/r-1"
    })
    void otherPathsAreTheEngines(String method, String target) {
        engine.answerWith(connection -> {
            connection.send("HTTP/1.1 418 Teapot\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nshort");
            return true;
        });
        engine.showing("/v1/models?x=1", () -> "models");
        sidecar = beside().start();

        HttpAnswer answer = RawClient.exchange(
                sidecar.port(), Requests.head(method + " " + target + " HTTP/1.1") + "Content-Length: 4\r\n\r\nbody");

        boolean isPage = target.startsWith("/v1/models");
        assertThat(answer.status()).isEqualTo(isPage ? 200 : 418);
        assertThat(answer.text()).isEqualTo(isPage ? "models" : "short");
        if (!isPage) {
            assertThat(engine.requests().get(0)).startsWith(method + " " + target + " HTTP/1.1\r\n");
            assertThat(bodyOf(engine.requests().get(0))).isEqualTo("body");
        }
    }

    @Test
    void aScrapeOfTheEngineGoesThrough() {
        engine.showing(() -> "vllm:num_requests_running 3\n");
        sidecar = beside().start();

        HttpAnswer answer = RawClient.exchange(sidecar.port(), Requests.get("/metrics"));

        assertThat(answer.text()).isEqualTo("vllm:num_requests_running 3\n");
    }

    @Test
    void healthIsAnsweredByTheSidecarItself() {
        sidecar = beside().property("bactrian.health.path", "").start();
        engine.close();

        assertThat(RawClient.exchange(sidecar.port(), Requests.get("/health")).status())
                .isEqualTo(200);
    }

    @Test
    void itIsReadyWhileTheEngineIsAlive() {
        engine.showing("/health", () -> alive.get() ? "" : null);
        sidecar = beside().property("bactrian.health.interval", "20ms").start();
        HealthCheck readiness =
                sidecar.router().camel().getRegistry().lookupByNameAndType("readiness", HealthCheck.class);
        assertThat(readiness.call().getState()).isEqualTo(HealthCheck.State.UP);

        alive.set(false);
        await().until(() -> readiness.call().getState() == HealthCheck.State.DOWN);
        alive.set(true);
        await().until(() -> readiness.call().getState() == HealthCheck.State.UP);
    }

    @Test
    void aDrainWaitsForASplitAndRefusesTheNext() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        prefill.answerWith(connection -> {
            asked.countDown();
            goOn.await();
            connection.send(computed(16, PARAMS));
            return true;
        });
        sidecar = beside().allowing(prefill).start();
        try (RawClient client = RawClient.connect(sidecar.port()).send(Requests.post(CHAT, prefillHeader()))) {
            asked.await();
            assertThat(sidecar.router().application().drain().refuseAndAwaitIdle(Duration.ZERO))
                    .isFalse();

            assertThat(sidecar.ask(CHAT).status()).isEqualTo(503);
            goOn.countDown();

            assertThat(client.read().status()).isEqualTo(200);
            await().until(() -> sidecar.router().application().drain().refuseAndAwaitIdle(Duration.ZERO));
        }
    }

    @Test
    void anEngineThatIsNotThereIsNotReady() {
        sidecar =
                beside().allowing(prefill).property("bactrian.health.path", "").start();
        engine.close();

        HttpAnswer alone = sidecar.ask(CHAT);
        HttpAnswer split = sidecar.ask(CHAT, prefillHeader());

        for (HttpAnswer answer : new HttpAnswer[] {alone, split}) {
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.text()).contains("the decode engine is not ready", "\"code\":\"no_endpoint\"");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1:1", "10.9.9.9:8000", "169.254.169.254:80", "[::1]:80", "example.org:80"})
    void aTargetThatIsNotListedIsForbidden(String target) {
        sidecar = beside().allowing(prefill).start();

        HttpAnswer answer = sidecar.ask(CHAT, "x-prefiller-host-port: " + target);

        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.text()).contains("SSRF protection", target, "\"code\":\"forbidden\"");
        assertThat(engine.requests()).isEmpty();
        assertThat(prefill.requests()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x-prefiller-host-port: nonsense",
                "x-prefiller-host-port: http://10.0.0.1:80",
                "x-prefiller-host-port: 10.0.0.1:80/v1",
                "x-prefiller-host-port: user@10.0.0.1:80",
                "x-prefiller-host-port: 300.1.1.1:80",
                "x-prefiller-host-port: 10.0.0.1:0",
                "x-prefiller-host-port: 10.0.0.1:65536",
                "x-prefiller-host-port: 10.0.0.1:80,",
                "x-encoder-hosts-ports: 10.0.0.1",
                "x-data-parallel-host-port: 10.0.0.1:80",
                "x-data-parallel-rank: first"
            })
    void aHeaderThatMakesNoSenseIsRefused(String header) {
        sidecar = beside().start();

        HttpAnswer answer = sidecar.ask(CHAT, header);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text()).contains(header.substring(0, header.indexOf(':')), "expected: ");
        assertThat(engine.requests()).isEmpty();
    }

    @Test
    void ofSeveralCandidatesTheFirstIsAskedAndTheNextWhenItFails() {
        RawModelServer broken = answering(json(500, "{}"));
        sidecar = beside().allowing(broken).allowing(prefill).start();

        HttpAnswer answer = sidecar.ask(
                CHAT,
                "x-prefiller-host-port: 127.0.0.1:" + broken.port() + ", 10.9.9.9:1 ,127.0.0.1:" + prefill.port());

        assertThat(answer.status()).isEqualTo(200);
        assertThat(broken.requests()).hasSize(1);
        assertThat(prefill.requests()).hasSize(1);
        assertThat(bodyOf(engine.requests().get(0))).contains(PARAMS);
    }

    @Test
    void withoutSamplingNobodyButTheFirstIsAskedWhileItIsWell() {
        RawModelServer other = answering(computed(0, PARAMS));
        sidecar = beside().allowing(other).allowing(prefill).start();

        for (int i = 0; i < 10; i++) {
            sidecar.ask(CHAT, prefillHeader(), "x-prefiller-host-port: 127.0.0.1:" + other.port());
        }

        assertThat(prefill.requests()).hasSize(10);
        assertThat(other.requests()).isEmpty();
    }

    @Test
    void sampledCandidatesAllGetSome() {
        RawModelServer other = answering(computed(0, PARAMS));
        sidecar = beside().allowing(other)
                .allowing(prefill)
                .property("bactrian.sidecar.enable-prefiller-sampling", "true")
                .start();

        for (int i = 0;
                i < 100 && (other.requests().isEmpty() || prefill.requests().isEmpty());
                i++) {
            sidecar.ask(CHAT, "x-prefiller-host-port: 127.0.0.1:" + other.port(), prefillHeader());
        }

        assertThat(other.requests()).isNotEmpty();
        assertThat(prefill.requests()).isNotEmpty();
    }

    @Test
    void theListIsReadAgainWhenItsFileChanges() throws IOException {
        String entry = "endpoints:\n- {name: p, address: 127.0.0.1, port: %d}\n";
        Path file = Files.writeString(dir.resolve("targets.yaml"), entry.formatted(1));
        sidecar = beside().withoutList()
                .property("bactrian.sidecar.allowed-targets-file", file.toString())
                .property("bactrian.sidecar.file-check-interval", "20ms")
                .start();
        assertThat(sidecar.ask(CHAT, prefillHeader()).status()).isEqualTo(403);

        Files.writeString(file, entry.formatted(prefill.port()));

        await().untilAsserted(() ->
                assertThat(sidecar.ask(CHAT, prefillHeader()).status()).isEqualTo(200));
        assertThat(sidecar.ask(CHAT, "x-prefiller-host-port: localhost:" + prefill.port())
                        .status())
                .isEqualTo(403); // a name that is not on the list is not looked up
    }

    @Test
    void withoutProtectionNamesAreLookedUpAndThisMachineStaysOutOfBounds() {
        sidecar = beside().property("bactrian.sidecar.enable-ssrf-protection", "false")
                .withoutList()
                .split("when-prefill-failed", "fail")
                .property("bactrian.upstream.connect-timeout", "50ms")
                .start();

        assertThat(sidecar.ask(CHAT, prefillHeader()).status()).isEqualTo(403);
        assertThat(sidecar.ask(CHAT, "x-prefiller-host-port: localhost:" + prefill.port())
                        .status())
                .isEqualTo(403);
        assertThat(sidecar.ask(CHAT, "x-prefiller-host-port: 169.254.169.254:80")
                        .status())
                .isEqualTo(403);
        assertThat(sidecar.ask(CHAT, "x-prefiller-host-port: 192.0.2.1:80").status())
                .isEqualTo(502);
    }

    @Test
    void aBodyThatIsNoJsonIsRefused() {
        sidecar = beside().start();

        assertThat(sidecar.ask("{\"model\":").status()).isEqualTo(400);
        assertThat(engine.requests()).isEmpty();
    }

    @Test
    void aLongPromptIsSplitToo() {
        sidecar = beside().allowing(prefill).start();
        String body = CHAT.replace("Name three rivers.", "river ".repeat(200_000));

        assertThat(sidecar.ask(body, prefillHeader()).status()).isEqualTo(200);

        assertThat(bodyOf(engine.requests().get(0)).length()).isGreaterThan(1_200_000);
        assertThat(bodyOf(prefill.requests().get(0)).length()).isGreaterThan(1_200_000);
    }

    @Test
    void aClientThatLeavesBeforeTheAnswerLetsTheEngineFetchTheBlocks() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch left = new CountDownLatch(1);
        engine.answerWith(connection -> {
            asked.countDown();
            left.await();
            connection.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{");
            return connection.awaitClose();
        });
        sidecar = beside().allowing(prefill).start();

        RawClient client = RawClient.connect(sidecar.port()).send(Requests.post(CHAT, prefillHeader()));
        asked.await();
        client.close();
        await().until(() -> sidecar.meter("bactrian_pd_stranded_kv_total{action=\"drained\"}")
                .equals("1.0"));
        assertThat(engine.closedByRouter()).isZero();
        left.countDown();

        await().until(() -> engine.closedByRouter() == 1);
    }

    @Test
    void whatFailsBeforeItIsBegunFallsBackToTheEngine() {
        prefill.answerWith(connection -> {
            connection.reset();
            return false;
        });
        sidecar = beside().allowing(prefill).start();

        assertThat(sidecar.ask(CHAT, prefillHeader()).status()).isEqualTo(200);

        assertThat(bodyOf(engine.requests().get(0))).isEqualTo(CHAT);
        assertThat(sidecar.meter("bactrian_pd_fallback_total{reason=\"prefill_exhausted\"}"))
                .isEqualTo("1.0");
    }
}
