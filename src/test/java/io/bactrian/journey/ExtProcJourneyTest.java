package io.bactrian.journey;

import static io.bactrian.fixture.TestProxy.body;
import static io.bactrian.fixture.TestProxy.head;
import static io.bactrian.fixture.TestProxy.hinting;
import static io.bactrian.fixture.TestProxy.in;
import static io.bactrian.fixture.TestProxy.list;
import static io.bactrian.fixture.TestProxy.responseBody;
import static io.bactrian.fixture.TestProxy.responseHead;
import static io.bactrian.fixture.TestProxy.responseTrailers;
import static io.bactrian.fixture.TestProxy.servedBy;
import static io.bactrian.fixture.TestProxy.set;
import static io.bactrian.fixture.TestProxy.text;
import static io.bactrian.fixture.TestProxy.trailers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.Value;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.fixture.TestProxy;
import io.bactrian.relay.RelayRecord;
import io.bactrian.request.Finish.Outcome;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode;
import io.envoyproxy.envoy.service.ext_proc.v3.CommonResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ImmediateResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.StreamedBodyResponse;
import io.grpc.Status;
import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an endpoint picker owes a proxy, item by item: docs/ext-proc.md. */
class ExtProcJourneyTest {
    private static final String CHAT = "{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
    private static final String STREAMED =
            "{\"model\":\"demo\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
    private static final String USAGE = "\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":5,\"total_tokens\":16}";

    @Order(1)
    @RegisterExtension
    static final RouterFixture ROUTER = RouterFixture.picker()
            .property("bactrian.http.max-body-bytes", "11MiB")
            .property("bactrian.http.max-buffered-bytes", "16MiB")
            .property("bactrian.http.max-header-bytes", "8KiB")
            .simulated("a")
            .simulated("b")
            .build();

    @Order(2)
    @RegisterExtension
    static final TestProxy PROXY = TestProxy.of(ROUTER);

    private static CommonResponse headReply(ProcessingResponse reply) {
        assertThat(reply.getResponseCase()).isEqualTo(ProcessingResponse.ResponseCase.REQUEST_HEADERS);
        return reply.getRequestHeaders().getResponse();
    }

    private static StreamedBodyResponse requestPiece(ProcessingResponse reply) {
        assertThat(reply.getResponseCase()).isEqualTo(ProcessingResponse.ResponseCase.REQUEST_BODY);
        return reply.getRequestBody().getResponse().getBodyMutation().getStreamedResponse();
    }

    private static StreamedBodyResponse responsePiece(ProcessingResponse reply) {
        assertThat(reply.getResponseCase()).isEqualTo(ProcessingResponse.ResponseCase.RESPONSE_BODY);
        return reply.getResponseBody().getResponse().getBodyMutation().getStreamedResponse();
    }

    /** Sends {@code chat} and takes the replies to the request. */
    private static TestProxy.Stream asked(String chat) throws InterruptedException {
        TestProxy.Stream stream = PROXY.open().send(head(false)).send(body(chat, true));
        headReply(stream.next());
        requestPiece(stream.next());
        return stream;
    }

    private static RelayRecord record() {
        return ROUTER.awaitRecords(1).get(0);
    }

    @Test
    void namesTheEndpointInHeaderAndMetadataOnceTheBodyIsWhole() throws Exception {
        TestProxy.Stream stream = PROXY.open().send(head(false)).send(body(CHAT.substring(0, 20), false));
        stream.send(body(CHAT.substring(20), true));

        ProcessingResponse reply = stream.next();
        CommonResponse head = headReply(reply);
        String destination = set(head, "x-gateway-destination-endpoint");
        assertThat(destination).isIn(ROUTER.address("a"), ROUTER.address("b"));
        assertThat(head.getClearRouteCache()).isTrue();
        assertThat(set(head, "content-length")).isEqualTo(Integer.toString(CHAT.length()));
        assertThat(reply.getDynamicMetadata()
                        .getFieldsOrThrow("envoy.lb")
                        .getStructValue()
                        .getFieldsOrThrow("x-gateway-destination-endpoint")
                        .getStringValue())
                .isEqualTo(destination);
        assertThat(reply.getDynamicMetadata()
                        .getFieldsOrThrow("envoy.lb")
                        .getStructValue()
                        .getFieldsMap())
                .hasSize(1);
        StreamedBodyResponse first = requestPiece(stream.next());
        StreamedBodyResponse second = requestPiece(stream.next());
        assertThat(first.getBody().concat(second.getBody()).toStringUtf8()).isEqualTo(CHAT);
        assertThat(first.getEndOfStream()).isFalse();
        assertThat(second.getEndOfStream()).isTrue();
        stream.cancel();
    }

    @Test
    void changesOnlyWhatMustChangeAndRemovesRoutingHeaders() throws Exception {
        TestProxy.Stream stream = PROXY.open()
                .send(head(
                        false,
                        "x-request-id",
                        "r-1",
                        "authorization",
                        "Bearer s",
                        "transfer-encoding",
                        "chunked",
                        "x-prefiller-host-port",
                        "10.0.0.1:1",
                        "x-gateway-destination-endpoint",
                        "10.0.0.1:1",
                        "x-llm-d-model-name-rewrite",
                        "other"))
                .send(body(CHAT, true));

        CommonResponse reply = headReply(stream.next());
        assertThat(reply.getHeaderMutation().getSetHeadersList())
                .extracting(option -> option.getHeader().getKey())
                .containsExactly("x-gateway-destination-endpoint", "content-length");
        assertThat(reply.getHeaderMutation().getRemoveHeadersList())
                .containsExactlyInAnyOrder("x-prefiller-host-port", "x-llm-d-model-name-rewrite");
        stream.cancel();
    }

    @Test
    void namesARequestThatHasNoName() throws Exception {
        TestProxy.Stream stream = PROXY.open().send(head(false)).send(body(CHAT, true));
        assertThat(set(headReply(stream.next()), "x-request-id")).hasSize(36);
        stream.cancel();
    }

    @Test
    void takesTrailersForTheEndOfABody() throws Exception {
        TestProxy.Stream stream =
                PROXY.open().send(head(false)).send(body(CHAT, false)).send(trailers());

        assertThat(set(headReply(stream.next()), "content-length")).isEmpty();
        assertThat(requestPiece(stream.next()).getEndOfStream()).isFalse();
        assertThat(stream.next().hasRequestTrailers()).isTrue();
        stream.cancel();
    }

    @Test
    void cutsABodyIntoPiecesThatAProxyTakes() throws Exception {
        String chat = CHAT.replace("Hi", "x".repeat(300_000));
        TestProxy.Stream stream = asked(chat);
        int bytes = 62_000;
        boolean last = false;
        while (!last) {
            StreamedBodyResponse piece = requestPiece(stream.next());
            assertThat(piece.getBody().size()).isLessThanOrEqualTo(62_000);
            bytes += piece.getBody().size();
            last = piece.getEndOfStream();
        }
        assertThat(bytes).isEqualTo(chat.length());
        stream.cancel();
    }

    @Test
    void answersAnEmptyLastChunk() throws Exception {
        TestProxy.Stream stream =
                PROXY.open().send(head(false)).send(body(CHAT, false)).send(body("", true));
        headReply(stream.next());
        assertThat(requestPiece(stream.next()).getEndOfStream()).isTrue();
        stream.cancel();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void keepsARequestToTheSubsetThatTheProxyHints(boolean withTheHead) throws Exception {
        for (String server : List.of("a", "b", "a", "b")) {
            Value hint = list(ROUTER.address(server), "10.9.9.9:1");
            TestProxy.Stream stream = PROXY.open()
                    .send(withTheHead ? hinting(head(false), hint) : head(false))
                    .send(withTheHead ? body(CHAT, true) : hinting(body(CHAT, true), hint));
            assertThat(set(headReply(stream.next()), "x-gateway-destination-endpoint"))
                    .isEqualTo(ROUTER.address(server));
            stream.cancel();
        }
    }

    @Test
    void takesASubsetWithCommasAndOneWithoutPorts() throws Exception {
        for (Value hint : List.of(text("10.9.9.9:1, " + ROUTER.address("a")), list("127.0.0.1"), text("127.0.0.1"))) {
            TestProxy.Stream stream =
                    PROXY.open().send(hinting(head(false), hint)).send(body(CHAT, true));
            headReply(stream.next());
            stream.cancel();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "10.9.9.9", "127.0.0.1:1"})
    void answers503WhenTheSubsetLeavesNobody(String entry) throws Exception {
        Value hint = entry.isEmpty() ? list() : list(entry);
        ImmediateResponse answer = PROXY.open()
                .send(hinting(head(false), hint))
                .send(body(CHAT, true))
                .immediate();
        assertThat(answer.getStatus().getCodeValue()).isEqualTo(503);
        assertThat(set(answer, "x-llm-d-request-dropped-reason")).isEqualTo("rejected-no-endpoints");
        assertThat(answer.getBody().toStringUtf8()).startsWith("inference error: ServiceUnavailable - ");
    }

    @Test
    void sendsARequestWithoutABodyToAnyEndpoint() throws Exception {
        TestProxy.Stream stream = PROXY.open().send(head("GET", "/v1/anything", true));
        assertThat(set(headReply(stream.next()), "x-gateway-destination-endpoint"))
                .isIn(ROUTER.address("a"), ROUTER.address("b"));
        stream.send(responseHead(200, "text/plain", true));
        assertThat(stream.next().hasResponseHeaders()).isTrue();
        assertThat(record().outcome()).isEqualTo(Outcome.COMPLETED);
        stream.halfClose();
        assertThat(stream.end()).isEqualTo(Status.OK);
    }

    @Test
    void answers503ToARequestWithoutABodyWhenThereIsNoEndpoint() throws Exception {
        ImmediateResponse answer = PROXY.open()
                .send(hinting(head("GET", "/v1/anything", true), list()))
                .immediate();
        assertThat(answer.getStatus().getCodeValue()).isEqualTo(503);
        assertThat(set(answer, "x-llm-d-request-dropped-reason")).isEqualTo("rejected-no-endpoints");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "400 | BadRequest | {",
                "400 | BadRequest | {\"model\":\"demo\"}",
                "404 | NotFound   | {\"model\":\"other\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"
            })
    void answersWhatCannotBeServed(int status, String code, String chat) throws Exception {
        ImmediateResponse answer =
                PROXY.open().send(head(false)).send(body(chat, true)).immediate();
        assertThat(answer.getStatus().getCodeValue()).isEqualTo(status);
        assertThat(answer.getBody().toStringUtf8()).startsWith("inference error: " + code + " - ");
        assertThat(set(answer, "content-type")).isEqualTo("text/plain");
    }

    @Test
    void refusesABodyAboveTheLimitAndAHeadAboveIts() throws Exception {
        TestProxy.Stream tooLong = PROXY.open().send(head(false));
        for (int i = 0; i < 12; i++) {
            tooLong.send(body(ByteString.copyFrom(new byte[1 << 20]), false));
        }
        assertThat(tooLong.immediate().getStatus().getCodeValue()).isEqualTo(413);
        TestProxy.Stream longHead = PROXY.open().send(head(false, "x-long", "x".repeat(9000)));
        assertThat(longHead.immediate().getStatus().getCodeValue()).isEqualTo(431);
    }

    @Test
    void refusesBodiesThatFillTheMemoryOfAllStreamsTogether() throws Exception {
        TestProxy.Stream first = PROXY.open().send(head(false));
        first.send(body(ByteString.copyFrom(new byte[10 << 20]), false));
        await().until(() -> ROUTER.router().application().budget().heldBytes() == 10 << 20);
        TestProxy.Stream second = PROXY.open().send(head(false));
        second.send(body(ByteString.copyFrom(new byte[7 << 20]), false));
        ImmediateResponse answer = second.immediate();
        assertThat(answer.getStatus().getCodeValue()).isEqualTo(503);
        assertThat(set(answer, "retry-after")).isEqualTo("1");
        first.cancel();
    }

    @Test
    void passesAnAnswerAsItComesAndReadsItsEvents() throws Exception {
        TestProxy.Stream stream = asked(STREAMED);
        stream.send(responseHead(200, "text/event-stream", false));
        ProcessingResponse head = stream.next();
        assertThat(set(head.getResponseHeaders().getResponse(), "x-went-into-resp-headers"))
                .isEqualTo("true");
        String events = "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\n"
                + "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: {\"choices\":[]," + USAGE
                + "}\n\ndata: [DONE]\n\n";
        for (int from = 0; from < events.length(); from += 7) {
            String chunk = events.substring(from, Math.min(events.length(), from + 7));
            stream.send(responseBody(chunk, false));
            StreamedBodyResponse piece = responsePiece(stream.next());
            assertThat(piece.getBody().toStringUtf8()).isEqualTo(chunk);
            assertThat(piece.getEndOfStream()).isFalse();
        }
        stream.send(responseBody("", true));
        assertThat(responsePiece(stream.next()).getEndOfStream()).isTrue();

        RelayRecord record = record();
        assertThat(record.outcome()).isEqualTo(Outcome.COMPLETED);
        assertThat(record.status()).isEqualTo(200);
        assertThat(record.answerBytes()).isEqualTo(events.length());
        assertThat(RouterFixture.usage(record).promptTokens()).isEqualTo(11);
        assertThat(RouterFixture.usage(record).completionTokens()).isEqualTo(5);
        assertThat(record.timeToFirstToken()).isPresent();
        stream.halfClose();
        assertThat(stream.end()).isEqualTo(Status.OK);
    }

    @Test
    void readsTheUsageOfADocumentThatComesInPieces() throws Exception {
        TestProxy.Stream stream = asked(CHAT);
        stream.send(responseHead(200, "application/json", false));
        stream.next();
        stream.send(responseBody("{\"id\":1,\"usa", false)).send(responseBody(USAGE.substring(4) + "}", true));
        responsePiece(stream.next());
        responsePiece(stream.next());
        assertThat(RouterFixture.usage(record()).completionTokens()).isEqualTo(5);
        assertThat(RouterFixture.usage(record()).estimated()).isFalse();
        stream.halfClose();
    }

    @Test
    void passesADocumentThatIsNoJson() throws Exception {
        TestProxy.Stream stream = asked(CHAT);
        stream.send(responseHead(200, "application/json", false)).send(responseBody("{\"usage\":nonsense", true));
        stream.next();
        assertThat(responsePiece(stream.next()).getBody().toStringUtf8()).isEqualTo("{\"usage\":nonsense");
        assertThat(RouterFixture.usage(record()).estimated()).isTrue();
        stream.halfClose();
    }

    @Test
    void takesTrailersForTheEndOfAnAnswer() throws Exception {
        TestProxy.Stream stream = asked(CHAT);
        stream.send(responseHead(200, "application/json", false))
                .send(responseBody("{}", false))
                .send(responseTrailers());
        stream.next();
        assertThat(responsePiece(stream.next()).getEndOfStream()).isFalse();
        assertThat(stream.next().hasResponseTrailers()).isTrue();
        assertThat(record().outcome()).isEqualTo(Outcome.COMPLETED);
        stream.halfClose();
    }

    @Test
    void noticesAClientThatLeaves() throws Exception {
        TestProxy.Stream stream = asked(STREAMED);
        stream.send(responseHead(200, "text/event-stream", false)).send(responseBody("data: 1\n\n", false));
        stream.next();
        stream.next();
        assertThat(ROUTER.reserved("main")).isEqualTo(1);
        stream.cancel();
        assertThat(record().outcome()).isEqualTo(Outcome.CLIENT_LEFT);
        await().until(() -> ROUTER.reserved("main") == 0);
    }

    @Test
    void countsTheRequestWhereTheProxySaysItWasServed() throws Exception {
        TestProxy.Stream stream = PROXY.open().send(head(false)).send(body(CHAT, true));
        String chosen = set(headReply(stream.next()), "x-gateway-destination-endpoint");
        requestPiece(stream.next());
        String other = chosen.equals(ROUTER.address("a")) ? ROUTER.address("b") : ROUTER.address("a");
        stream.send(servedBy(responseHead(200, "application/json", false), other));
        stream.next();
        assertThat(ROUTER.members(pool -> true))
                .filteredOn(member -> member.load().requests() == 1)
                .extracting(member -> member.endpoint().hostPort())
                .containsExactly(other);
        stream.send(responseBody("{}", true));
        responsePiece(stream.next());
        assertThat(record().endpoint()).isEqualTo(other);
        stream.halfClose();
    }

    @Test
    void answersTheHeadOfAProxyThatBuffersAndNamesTheEndpointWithTheBody() throws Exception {
        TestProxy.Stream stream = PROXY.open().send(in(BodySendMode.BUFFERED, BodySendMode.BUFFERED, head(false)));
        assertThat(headReply(stream.next())).isEqualTo(CommonResponse.getDefaultInstance());
        stream.send(body(CHAT, true));
        CommonResponse reply = stream.next().getRequestBody().getResponse();
        assertThat(set(reply, "x-gateway-destination-endpoint")).isIn(ROUTER.address("a"), ROUTER.address("b"));
        assertThat(reply.hasBodyMutation()).isFalse();
        stream.send(responseHead(200, "application/json", false));
        stream.next();
        stream.send(responseBody("{" + USAGE + "}", true));
        assertThat(stream.next().getResponseBody().getResponse().hasBodyMutation())
                .isFalse();
        assertThat(RouterFixture.usage(record()).promptTokens()).isEqualTo(11);
        stream.halfClose();
    }

    @ParameterizedTest
    @CsvSource({"NONE", "STREAMED"})
    void picksAnyEndpointForAProxyThatSendsNoBodyBeforeTheReply(BodySendMode mode) throws Exception {
        TestProxy.Stream stream = PROXY.open().send(in(mode, BodySendMode.NONE, head(false)));
        assertThat(set(headReply(stream.next()), "x-gateway-destination-endpoint"))
                .isIn(ROUTER.address("a"), ROUTER.address("b"));
        if (mode == BodySendMode.STREAMED) {
            stream.send(body(CHAT, true));
            assertThat(stream.next().getRequestBody().getResponse()).isEqualTo(CommonResponse.getDefaultInstance());
        }
        stream.send(responseHead(200, "application/json", false));
        assertThat(stream.next().hasResponseHeaders()).isTrue();
        stream.halfClose();
        assertThat(record().outcome()).isEqualTo(Outcome.COMPLETED);
        assertThat(record().answerBytes()).isZero();
    }

    @Test
    void endsAStreamThatBreaksTheOrder() throws Exception {
        assertThat(PROXY.open().send(body(CHAT, true)).end().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(PROXY.open().send(head(false)).send(head(false)).end().getCode())
                .isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(PROXY.open()
                        .send(head(false))
                        .send(responseBody("x", false))
                        .end()
                        .getCode())
                .isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(asked(CHAT).send(body(CHAT, true)).end().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    }

    @Test
    void endsAStreamThatIsHalfClosedBeforeItsRequestIsWhole() throws Exception {
        assertThat(PROXY.open().halfClose().end()).isEqualTo(Status.OK);
        assertThat(PROXY.open().send(head(false)).halfClose().end()).isEqualTo(Status.OK);
        TestProxy.Stream stream =
                PROXY.open().send(head(false)).send(body(CHAT, true)).halfClose();
        headReply(stream.next());
        requestPiece(stream.next());
        assertThat(stream.end()).isEqualTo(Status.OK);
    }
}
