package io.bactrian.journey;

import static io.bactrian.fixture.SplitPool.PARAMS;
import static io.bactrian.fixture.SplitPool.bodyOf;
import static io.bactrian.fixture.SplitPool.computed;
import static io.bactrian.fixture.SplitPool.json;
import static io.bactrian.journey.NixlJourneyTest.answering;
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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Images, video and sound encoded at endpoints of their own: through the router's port, with the bytes that every server gets. */
@Timeout(60)
class EncodeJourneyTest {
    private static final String A = image("https://x/a.png");
    private static final String B = image("https://x/b.png");
    private static final String MESSAGES =
            "[{\"role\":\"system\",\"content\":\"Look.\"},{\"role\":\"user\",\"content\":"
                    + "[{\"type\":\"text\",\"text\":\"image_url\"}," + A + "," + B + " ," + A + "]}]";
    private static final String CHAT = "{\"model\":\"demo\",\"messages\":" + MESSAGES + "}";
    private static final String DONE =
            json(200, "{\"id\":\"c\",\"usage\":{\"prompt_tokens\":41,\"completion_tokens\":9,\"total_tokens\":50}}");

    @TempDir
    private Path dir = Path.of("");

    private final RawModelServer firstEncoder = answering(encoded("hashA", 1234));
    private final RawModelServer secondEncoder = answering(encoded("hashB", 1235));
    private final RawModelServer prefill = answering(computed(16, PARAMS));
    private final RawModelServer decode = answering(DONE);
    private RouterFixture router = RouterFixture.builder().build();

    private static String image(String url) {
        return "{\"type\":\"image_url\",\"image_url\":{\"url\":\"" + url + "\"}}";
    }

    private static String params(String hash, int port) {
        return "\"" + hash + "\":{\"peer_host\":\"10.0.0.31\",\"peer_port\":" + port
                + ",\"size\":12345678901234567890}";
    }

    private static String encoded(String hash, int port) {
        return json(200, "{\"id\":\"e\",\"ec_transfer_params\":{" + params(hash, port) + "}}");
    }

    @AfterEach
    void close() {
        router.awaitQuiet();
        router.close();
    }

    private SplitPool pool() {
        return new SplitPool(dir)
                .prefill(prefill)
                .decode(decode)
                .add("encode", firstEncoder)
                .add("encode", secondEncoder);
    }

    private HttpAnswer ask(String body) {
        return RawClient.exchange(router.port(), Requests.post(body, "x-request-id: r-3", "traceparent: 00-1-2-3"));
    }

    private List<String> encoderRequests() {
        return Stream.of(firstEncoder, secondEncoder)
                .flatMap(server -> server.requests().stream())
                .toList();
    }

    private String meter(String name) {
        Matcher value = Pattern.compile("(?m)^" + Pattern.quote(name) + " (\\S+)$")
                .matcher(router.router().application().meters().scrape());
        return value.find() ? value.group(1) : "";
    }

    private static String alone(String part) {
        return "{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":[" + part
                + "]}],\"max_tokens\":1,\"stream\":false}";
    }

    @Test
    void eachPictureIsEncodedOnceAndPrefillIsToldWhereTheyAre() {
        router = pool().start();

        HttpAnswer answer = ask(CHAT);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(encoderRequests().stream().map(SplitPool::bodyOf)).containsExactlyInAnyOrder(alone(A), alone(B));
        assertThat(firstEncoder.requests()).hasSize(1); // in turn
        assertThat(encoderRequests().stream().map(EncodeJourneyTest::requestId))
                .containsExactlyInAnyOrder("r-3-enc-0", "r-3-enc-1");
        assertThat(bodyOf(prefill.requests().get(0)))
                .contains("\"messages\":" + MESSAGES)
                .containsPattern("\"ec_transfer_params\":\\{("
                        + Pattern.quote(params("hashA", 1234) + "," + params("hashB", 1235)) + "|"
                        + Pattern.quote(params("hashB", 1235) + "," + params("hashA", 1234)) + ")\\}");
        assertThat(requestId(prefill.requests().get(0))).isEqualTo("r-3");
        assertThat(bodyOf(decode.requests().get(0)))
                .isEqualTo(CHAT.replaceFirst("}$", "") + ",\"kv_transfer_params\":" + PARAMS + "}");
        router.awaitQuiet();
        assertThat(meter("bactrian_pd_encoded_items_total{outcome=\"ok\"}")).isEqualTo("2.0");
        assertThat(meter("bactrian_pd_inflight{stage=\"encode\"}")).isEqualTo("0.0");
        assertThat(meter("bactrian_pd_encode_duration_seconds_count{connector=\"ec-nixl\"}"))
                .isEqualTo("1");
    }

    private static String requestId(String request) {
        Matcher header = Pattern.compile("(?i)\r\nx-request-id: (\\S+)").matcher(request);
        assertThat(header.find()).isTrue();
        String id = header.group(1);
        assertThat(header.find()).isFalse();
        return id;
    }

    @Test
    void aChatWithoutPicturesIsNotEncoded() {
        router = pool().start();

        assertThat(ask("{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}")
                        .status())
                .isEqualTo(200);

        assertThat(encoderRequests()).isEmpty();
        assertThat(bodyOf(prefill.requests().get(0))).doesNotContain("ec_transfer_params");
    }

    @Test
    void withoutAPrefillEndpointTheOneThatAnswersIsTold() {
        router = new SplitPool(dir)
                .decode(decode)
                .add("encode", firstEncoder)
                .add("encode", secondEncoder)
                .start();

        assertThat(ask(CHAT).status()).isEqualTo(200);

        assertThat(bodyOf(decode.requests().get(0)))
                .startsWith(CHAT.replaceFirst("}$", "") + ",\"ec_transfer_params\":{\"hash")
                .contains(params("hashA", 1234), params("hashB", 1235));
    }

    @Test
    void throughASharedStoreNothingIsHandedOn() {
        router = pool().split("encode.ec-connector", "ec-example").start();

        assertThat(ask(CHAT).status()).isEqualTo(200);

        assertThat(encoderRequests()).hasSize(2);
        assertThat(bodyOf(prefill.requests().get(0))).doesNotContain("ec_transfer_params");
    }

    @Test
    void anotherEncoderIsAskedWhenOneFails() {
        firstEncoder.answerWith(answered(json(500, "{}")));
        router = pool().start();

        assertThat(ask(CHAT).status()).isEqualTo(200);

        assertThat(secondEncoder.requests().stream().map(SplitPool::bodyOf))
                .containsExactlyInAnyOrder(alone(A), alone(B));
        assertThat(meter("bactrian_pd_encoded_items_total{outcome=\"retried\"}"))
                .isEqualTo("1.0");
    }

    @Test
    void whatNoEncoderTakesIsEncodedWhereThePromptIsComputed() {
        firstEncoder.answerWith(answered(json(500, "{}")));
        secondEncoder.answerWith(answered("")); // closes
        router = pool().start();

        assertThat(ask(CHAT).status()).isEqualTo(200);

        assertThat(bodyOf(prefill.requests().get(0))).doesNotContain("ec_transfer_params");
        assertThat(meter("bactrian_pd_fallback_total{reason=\"encode_failed\"}"))
                .isEqualTo("2.0");
    }

    @ParameterizedTest
    @CsvSource({"500, 502", "400, 400"})
    void aFailureEndsTheRequestWhereThatIsAskedForOrTheClientIsAtFault(int status, int expected) {
        CountDownLatch left = new CountDownLatch(1);
        CountDownLatch asked = new CountDownLatch(1);
        firstEncoder.answerWith(connection -> {
            asked.await();
            connection.send(json(status, "{\"error\":{\"message\":\"no picture\"}}"));
            return true;
        });
        secondEncoder.answerWith(connection -> {
            asked.countDown();
            connection.awaitClose();
            left.countDown();
            return false;
        });
        router = pool().split("encode.when-failed", status == 500 ? "fail" : "retry-next")
                .start();

        HttpAnswer answer = ask(CHAT);

        assertThat(answer.status()).isEqualTo(expected);
        assertThat(prefill.requests()).isEmpty();
        await().until(() -> left.getCount() == 0); // the other was given up
        assertThat(meter("bactrian_pd_inflight{stage=\"encode\"}")).isEqualTo("0.0");
    }

    @Test
    void aClientThatLeavesEndsEveryEncoding() throws IOException {
        CountDownLatch left = new CountDownLatch(2);
        for (RawModelServer encoder : List.of(firstEncoder, secondEncoder)) {
            encoder.answerWith(connection -> {
                connection.awaitClose();
                left.countDown();
                return false;
            });
        }
        router = pool().start();

        try (RawClient client = RawClient.connect(router.port())) {
            client.send(Requests.post(CHAT));
            await().until(() -> encoderRequests().size() == 2);
        }

        await().until(() -> left.getCount() == 0);
        router.awaitQuiet();
        assertThat(prefill.requests()).isEmpty();
        assertThat(decode.requests()).isEmpty();
    }

    @Test
    void parametersThatMayHaveBeenUsedAreNotGivenToAnother() {
        RawModelServer other = answering(computed(0, PARAMS));
        prefill.answerWith(answered(json(503, "{}")));
        other.answerWith(answered(json(503, "{}")));
        router = pool().prefill(other).start();

        assertThat(ask(CHAT).status()).isEqualTo(200);

        List<String> bodies = Stream.of(prefill, other)
                .flatMap(server -> server.requests().stream())
                .map(SplitPool::bodyOf)
                .toList();
        assertThat(bodies).hasSize(2);
        assertThat(bodies.stream().filter(body -> body.contains("ec_transfer_params")))
                .hasSize(1);
        assertThat(bodyOf(decode.requests().get(0))).doesNotContain("ec_transfer_params");
    }

    @Test
    void moreItemsThanAllowedAreEncodedWhereThePromptIsComputed() {
        router = pool().split("encode.max-items", "1").start();

        assertThat(ask(CHAT).status()).isEqualTo(200);

        assertThat(encoderRequests()).isEmpty();
        assertThat(meter("bactrian_pd_fallback_total{reason=\"encode_too_many\"}"))
                .isEqualTo("1.0");
    }

    @Test
    void aLongBodyIsSearchedOnAWorkerAndItsPictureSentOnWhole() {
        String picture = image("data:image/png;base64," + "iVBORw0KGgo".repeat(100_000));
        router = pool().property("bactrian.http.max-body-bytes", "4194304").start();

        assertThat(ask(CHAT.replace(B, picture)).status()).isEqualTo(200);

        assertThat(encoderRequests().stream().map(SplitPool::bodyOf))
                .containsExactlyInAnyOrder(alone(A), alone(picture));
    }

    private static RawModelServer.Script answered(String answer) {
        return connection -> {
            connection.send(answer);
            return !answer.isEmpty();
        };
    }
}
