package io.bactrian.journey;

import static io.bactrian.fixture.MediaChats.A;
import static io.bactrian.fixture.MediaChats.B;
import static io.bactrian.fixture.MediaChats.CHAT;
import static io.bactrian.fixture.MediaChats.MESSAGES;
import static io.bactrian.fixture.MediaChats.alone;
import static io.bactrian.fixture.MediaChats.bodies;
import static io.bactrian.fixture.MediaChats.encoded;
import static io.bactrian.fixture.MediaChats.image;
import static io.bactrian.fixture.MediaChats.merged;
import static io.bactrian.fixture.MediaChats.params;
import static io.bactrian.fixture.MediaChats.requestId;
import static io.bactrian.fixture.RawModelServer.answering;
import static io.bactrian.fixture.RawModelServer.sending;
import static io.bactrian.fixture.SplitPool.PARAMS;
import static io.bactrian.fixture.SplitPool.bodyOf;
import static io.bactrian.fixture.SplitPool.computed;
import static io.bactrian.fixture.SplitPool.fetching;
import static io.bactrian.fixture.SplitPool.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.MediaChats;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.fixture.SplitPool;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
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
    private static final String DONE =
            json(200, "{\"id\":\"c\",\"usage\":{\"prompt_tokens\":41,\"completion_tokens\":9,\"total_tokens\":50}}");

    @TempDir
    private Path dir = Path.of("");

    private final RawModelServer firstEncoder = answering(encoded("hashA", 1234));
    private final RawModelServer secondEncoder = answering(encoded("hashB", 1235));
    private final RawModelServer prefill = answering(computed(16, PARAMS));
    private final RawModelServer decode = answering(DONE);
    private RouterFixture router = RouterFixture.builder().build();

    @AfterEach
    void close() {
        router.closeWhenQuiet();
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

    @Test
    void eachPictureIsEncodedOnceAndPrefillIsToldWhereTheyAre() {
        router = pool().start();

        HttpAnswer answer = ask(CHAT);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(bodies(firstEncoder, secondEncoder)).containsExactlyInAnyOrder(alone(A), alone(B));
        assertThat(firstEncoder.requests()).hasSize(1); // in turn
        assertThat(encoderRequests().stream().map(MediaChats::requestId))
                .containsExactlyInAnyOrder("r-3-enc-0", "r-3-enc-1");
        assertThat(bodyOf(prefill.requests().get(0)))
                .contains("\"messages\":" + MESSAGES)
                .containsPattern(merged(params("hashA", 1234), params("hashB", 1235)));
        assertThat(requestId(prefill.requests().get(0))).isEqualTo("r-3");
        assertThat(bodyOf(decode.requests().get(0))).isEqualTo(fetching(CHAT));
        router.awaitQuiet();
        assertThat(router.meter("bactrian_pd_encoded_items_total{outcome=\"ok\"}"))
                .isEqualTo("2.0");
        assertThat(router.meter("bactrian_pd_inflight{stage=\"encode\"}")).isEqualTo("0.0");
        assertThat(router.meter("bactrian_pd_encode_duration_seconds_count{connector=\"ec-nixl\"}"))
                .isEqualTo("1");
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
        firstEncoder.answerWith(sending(json(500, "{}")));
        router = pool().start();

        assertThat(ask(CHAT).status()).isEqualTo(200);

        assertThat(bodies(secondEncoder)).containsExactlyInAnyOrder(alone(A), alone(B));
        assertThat(router.meter("bactrian_pd_encoded_items_total{outcome=\"retried\"}"))
                .isEqualTo("1.0");
    }

    @Test
    void whatNoEncoderTakesIsEncodedWhereThePromptIsComputed() {
        firstEncoder.answerWith(sending(json(500, "{}")));
        secondEncoder.answerWith(sending("")); // closes
        router = pool().start();

        assertThat(ask(CHAT).status()).isEqualTo(200);

        assertThat(bodyOf(prefill.requests().get(0))).doesNotContain("ec_transfer_params");
        assertThat(router.meter("bactrian_pd_fallback_total{reason=\"encode_failed\"}"))
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
        assertThat(router.meter("bactrian_pd_inflight{stage=\"encode\"}")).isEqualTo("0.0");
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
        prefill.answerWith(sending(json(503, "{}")));
        other.answerWith(sending(json(503, "{}")));
        router = pool().prefill(other).start();

        assertThat(ask(CHAT).status()).isEqualTo(200);

        List<String> bodies = bodies(prefill, other);
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
        assertThat(router.meter("bactrian_pd_fallback_total{reason=\"encode_too_many\"}"))
                .isEqualTo("1.0");
    }

    @Test
    void aLongBodyIsSearchedOnAWorkerAndItsPictureSentOnWhole() {
        String picture = image("data:image/png;base64," + "iVBORw0KGgo".repeat(100_000));
        router = pool().property("bactrian.http.max-body-bytes", "4194304").start();

        assertThat(ask(CHAT.replace(B, picture)).status()).isEqualTo(200);

        assertThat(bodies(firstEncoder, secondEncoder)).containsExactlyInAnyOrder(alone(A), alone(picture));
    }
}
