package io.bactrian.journey;

import static io.bactrian.fixture.MediaChats.A;
import static io.bactrian.fixture.MediaChats.B;
import static io.bactrian.fixture.MediaChats.CHAT;
import static io.bactrian.fixture.MediaChats.MESSAGES;
import static io.bactrian.fixture.MediaChats.alone;
import static io.bactrian.fixture.MediaChats.bodies;
import static io.bactrian.fixture.MediaChats.encoded;
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
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.fixture.SidecarUnderTest;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Beside one engine, with headers that name who encodes: the bytes that every server gets. */
@Timeout(60)
class SidecarEncodeJourneyTest {
    private static final String DONE =
            "{\"id\":\"c\",\"usage\":{\"prompt_tokens\":41,\"completion_tokens\":9,\"total_tokens\":50}}";
    private static final String NOBODY = "10.9.9.9:1"; // who may not be named

    private final RawModelServer firstEncoder = answering(encoded("hashA", 1234));
    private final RawModelServer secondEncoder = answering(encoded("hashB", 1235));
    private final RawModelServer prefill = answering(computed(16, PARAMS));
    private final RawModelServer engine = answering(json(200, DONE));
    private RouterFixture sidecar = RouterFixture.builder().build();

    @AfterEach
    void close() {
        sidecar.closeWhenQuiet();
    }

    private SidecarUnderTest beside() {
        return new SidecarUnderTest(engine)
                .allowing(prefill)
                .allowing(firstEncoder)
                .allowing(secondEncoder)
                .split("encode.ec-connector", "ec-nixl");
    }

    private static String at(RawModelServer server) {
        return "127.0.0.1:" + server.port();
    }

    private String encoders() {
        return encoders(at(firstEncoder), at(secondEncoder));
    }

    private static String encoders(String... hostPorts) {
        return "x-encoder-hosts-ports: " + String.join(",", hostPorts);
    }

    private String prefiller() {
        return "x-prefiller-host-port: " + at(prefill);
    }

    @Test
    void thePrefillServerIsToldWherePicturesAreEncoded() {
        sidecar = beside().start();

        HttpAnswer answer = sidecar.ask(CHAT, encoders(), prefiller(), "x-request-id: r-3", "Authorization: Bearer t");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(bodies(firstEncoder)).containsExactly(alone(A)); // in turn, as they are named
        assertThat(bodies(secondEncoder)).containsExactly(alone(B));
        assertThat(requestId(firstEncoder.requests().get(0))).isEqualTo("r-3-enc-0");
        assertThat(requestId(secondEncoder.requests().get(0))).isEqualTo("r-3-enc-1");
        assertThat(bodyOf(prefill.requests().get(0)))
                .contains("\"messages\":" + MESSAGES)
                .containsPattern(merged(params("hashA", 1234), params("hashB", 1235)));
        assertThat(bodies(engine)).containsExactly(fetching(CHAT));
        assertThat(Stream.of(firstEncoder, secondEncoder, prefill, engine)
                        .flatMap(server -> server.requests().stream()))
                .allSatisfy(request -> assertThat(request)
                        .startsWith("POST /v1/chat/completions HTTP/1.1\r\n")
                        .containsIgnoringCase("authorization: Bearer t\r\n")
                        .doesNotContainIgnoringCase("x-encoder-hosts-ports")
                        .doesNotContainIgnoringCase("x-prefiller-host-port"));
        sidecar.awaitQuiet();
        assertThat(sidecar.meter("bactrian_pd_encoded_items_total{outcome=\"ok\"}"))
                .isEqualTo("2.0");
        assertThat(sidecar.meter("bactrian_pd_requests_total{connector=\"nixlv2\",outcome=\"ok\"}"))
                .isEqualTo("1.0");
    }

    /** Who computes the prompt encodes its pictures without being asked to beforehand. */
    @Test
    void anEncoderThatComputesThePromptIsNotAskedTwice() {
        sidecar = beside().start();

        assertThat(sidecar.ask(CHAT, encoders(at(prefill), at(firstEncoder)), prefiller())
                        .status())
                .isEqualTo(200);

        assertThat(bodies(firstEncoder)).containsExactlyInAnyOrder(alone(A), alone(B));
        assertThat(prefill.requests()).hasSize(1);
    }

    @Test
    void withoutAPrefillServerTheEngineIsTold() {
        sidecar = beside().start();

        HttpAnswer answer = sidecar.ask(CHAT, encoders());

        assertThat(answer.text()).isEqualTo(DONE);
        assertThat(bodies(firstEncoder, secondEncoder)).containsExactly(alone(A), alone(B));
        assertThat(prefill.requests()).isEmpty();
        assertThat(bodies(engine)).hasSize(1);
        assertThat(bodies(engine).get(0))
                .startsWith(CHAT.replaceFirst("}$", "") + ",\"ec_transfer_params\":{")
                .containsPattern(merged(params("hashA", 1234), params("hashB", 1235)) + "\\}$");
    }

    @Test
    void severalHeadersNameAsManyAsOneThatLists() {
        sidecar = beside().start();

        assertThat(sidecar.ask(CHAT, encoders(at(firstEncoder)), encoders(at(secondEncoder)))
                        .status())
                .isEqualTo(200);

        assertThat(bodies(firstEncoder)).containsExactly(alone(A));
        assertThat(bodies(secondEncoder)).containsExactly(alone(B));
    }

    @Test
    void throughASharedStoreNothingIsHandedOn() {
        sidecar = beside().split("encode.ec-connector", "ec-example").start();

        assertThat(sidecar.ask(CHAT, encoders(), prefiller()).status()).isEqualTo(200);

        assertThat(bodies(firstEncoder, secondEncoder)).containsExactly(alone(A), alone(B));
        assertThat(bodies(prefill).get(0)).doesNotContain("ec_transfer_params");
    }

    @Test
    void encodersThatMayNotBeNamedAreLeftOut() {
        sidecar = beside().start();

        assertThat(sidecar.ask(CHAT, encoders(NOBODY, at(secondEncoder), "example.org:80"), prefiller())
                        .status())
                .isEqualTo(200);

        assertThat(bodies(secondEncoder)).containsExactlyInAnyOrder(alone(A), alone(B));
        assertThat(firstEncoder.requests()).isEmpty();
        assertThat(bodies(prefill).get(0)).contains("\"ec_transfer_params\":{" + params("hashB", 1235) + "}");
    }

    @Test
    void whereNoEncoderMayBeNamedTheEngineEncodes() {
        sidecar = beside().start();

        assertThat(sidecar.ask(CHAT, encoders(NOBODY, "example.org:80")).text()).isEqualTo(DONE);

        assertThat(bodies(firstEncoder, secondEncoder)).isEmpty();
        assertThat(bodies(engine)).containsExactly(CHAT);
        assertThat(sidecar.meter("bactrian_pd_fallback_total{reason=\"encode_failed\"}"))
                .isEmpty();
    }

    @Test
    void whereNoEncoderMayBeNamedThePrefillServerEncodes() {
        sidecar = beside().start();

        assertThat(sidecar.ask(CHAT, encoders(NOBODY), prefiller()).status()).isEqualTo(200);

        assertThat(bodies(firstEncoder, secondEncoder)).isEmpty();
        assertThat(bodies(prefill).get(0)).contains(MESSAGES).doesNotContain("ec_transfer_params");
        assertThat(bodies(engine).get(0)).contains(PARAMS);
    }

    @Test
    void withoutAnEcConnectorNobodyEncodesApart() {
        sidecar = beside().split("encode.ec-connector", "none").start();

        assertThat(sidecar.ask(CHAT, encoders()).status()).isEqualTo(200);

        assertThat(bodies(firstEncoder, secondEncoder)).isEmpty();
        assertThat(bodies(engine)).containsExactly(CHAT);
    }

    @Test
    void anotherEncoderIsAskedWhenOneFails() {
        firstEncoder.answerWith(sending(json(500, "{}")));
        sidecar = beside().start();

        assertThat(sidecar.ask(CHAT, encoders(), prefiller()).status()).isEqualTo(200);

        assertThat(bodies(firstEncoder)).containsExactly(alone(A));
        assertThat(bodies(secondEncoder)).containsExactlyInAnyOrder(alone(A), alone(B));
        assertThat(bodies(prefill).get(0)).contains(params("hashB", 1235));
        assertThat(sidecar.meter("bactrian_pd_encoded_items_total{outcome=\"retried\"}"))
                .isEqualTo("1.0");
    }

    @Test
    void whatNoEncoderTakesIsEncodedByTheEngine() {
        firstEncoder.answerWith(sending(json(500, "{}")));
        secondEncoder.answerWith(sending("")); // closes
        sidecar = beside().start();

        assertThat(sidecar.ask(CHAT, encoders()).text()).isEqualTo(DONE);

        assertThat(bodies(engine)).containsExactly(CHAT);
        assertThat(sidecar.meter("bactrian_pd_fallback_total{reason=\"encode_failed\"}"))
                .isEqualTo("2.0");
    }

    /** llm-d's way, and what the client is at fault for: the other item is given up, and nobody else is asked. */
    @ParameterizedTest
    @CsvSource({"500, 502, fail", "400, 400, retry-next"})
    void aFailureEndsTheRequestWhereThatIsAskedForOrTheClientIsAtFault(int status, int expected, String whenFailed) {
        CountDownLatch asked = new CountDownLatch(1);
        firstEncoder.answerWith(connection -> {
            asked.await();
            connection.send(json(status, "{\"error\":{\"message\":\"no picture\"}}"));
            return true;
        });
        secondEncoder.answerWith(connection -> {
            asked.countDown();
            return connection.awaitClose();
        });
        sidecar = beside().split("encode.when-failed", whenFailed).start();

        HttpAnswer answer = sidecar.ask(CHAT, encoders(), prefiller());

        assertThat(answer.status()).isEqualTo(expected);
        await().until(() -> secondEncoder.closedByRouter() == 1);
        assertThat(prefill.requests()).isEmpty();
        assertThat(engine.requests()).isEmpty();
    }

    @Test
    void aClientThatLeavesEndsEveryEncoding() {
        for (RawModelServer encoder : List.of(firstEncoder, secondEncoder)) {
            encoder.answerWith(RawModelServer.Connection::awaitClose);
        }
        sidecar = beside().start();

        try (RawClient client = RawClient.connect(sidecar.port())) {
            client.send(Requests.post(CHAT, encoders(), prefiller()));
            await().until(() -> bodies(firstEncoder, secondEncoder).size() == 2);
        }

        await().until(() -> firstEncoder.closedByRouter() + secondEncoder.closedByRouter() == 2);
        sidecar.awaitQuiet();
        assertThat(prefill.requests()).isEmpty();
        assertThat(engine.requests()).isEmpty();
        assertThat(sidecar.meter("bactrian_pd_inflight{stage=\"encode\"}")).isEqualTo("0.0");
    }

    /** What was encoded is fetched once, by one request: an answer in pieces would need it for each. */
    @Test
    void picturesThatWereEncodedApartAreAnsweredInOneGo() {
        sidecar = beside().property("bactrian.sidecar.decode-chunk-size", "4").start();

        assertThat(sidecar.ask(CHAT, encoders()).text()).isEqualTo(DONE);

        assertThat(bodies(engine)).hasSize(1);
        assertThat(bodies(engine).get(0))
                .contains(params("hashA", 1234), params("hashB", 1235))
                .doesNotContain("max_tokens");
    }

    @Test
    void aChatWithoutPicturesIsNotEncoded() {
        sidecar = beside().start();
        String chat = "{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";

        assertThat(sidecar.ask(chat, encoders()).status()).isEqualTo(200);

        assertThat(bodies(firstEncoder, secondEncoder)).isEmpty();
        assertThat(bodies(engine)).containsExactly(chat);
    }

    @Test
    void otherApisAreEncodedByTheEngine() {
        sidecar = beside().start();
        String body = "{\"model\":\"demo\",\"input\":[{\"role\":\"user\",\"content\":["
                + "{\"type\":\"input_image\",\"image_url\":\"https://x/a.png\"}]}]}";

        HttpAnswer answer = RawClient.exchange(sidecar.port(), Requests.postTo("/v1/responses", body, encoders()));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(bodies(firstEncoder, secondEncoder)).isEmpty();
        assertThat(bodies(engine)).containsExactly(body);
    }
}
