package io.bactrian.journey;

import static io.bactrian.fixture.SpanCollector.attributes;
import static io.bactrian.fixture.SpanCollector.hex;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.fixture.SpanCollector;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Span.SpanKind;
import io.opentelemetry.proto.trace.v1.Status.StatusCode;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A trace goes through the router: what it does stands between the client's span and the model server's. */
@Timeout(60)
class TracingJourneyTest {
    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
    private static final String CLIENT_SPAN = "b7ad6b7169203331";

    private static final SpanCollector COLLECTOR = new SpanCollector();
    private static final RawModelServer SERVER = new RawModelServer(connection -> {
        connection.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
        return true;
    });
    private static final RawModelServer UNTRACED = new RawModelServer(connection -> {
        connection.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
        return true;
    });

    @RegisterExtension
    static final RouterFixture ROUTER = RouterFixture.builder()
            .raw("m", SERVER)
            .property("bactrian.tracing.endpoint", COLLECTOR.url())
            .property("bactrian.tracing.sample-ratio", "0")
            .build();

    @RegisterExtension
    static final RouterFixture PLAIN =
            RouterFixture.builder().raw("m", UNTRACED).build();

    @AfterAll
    static void stop() {
        COLLECTOR.close();
    }

    @BeforeEach
    void forget() {
        SERVER.clear();
        UNTRACED.clear();
    }

    @Test
    void theClientsTraceIsContinuedToTheModelServer() {
        ask(ROUTER, "m", "traceparent: 00-" + TRACE + "-" + CLIENT_SPAN + "-01", "tracestate: a=1,b=2");

        List<Span> spans = spansOf(TRACE, 3);
        Span server = only(spans, SpanKind.SPAN_KIND_SERVER);
        Span pick = only(spans, SpanKind.SPAN_KIND_INTERNAL);
        Span decode = only(spans, SpanKind.SPAN_KIND_CLIENT);
        assertThat(hex(server.getParentSpanId().toByteArray())).isEqualTo(CLIENT_SPAN);
        assertThat(pick.getParentSpanId()).isEqualTo(server.getSpanId());
        assertThat(decode.getParentSpanId()).isEqualTo(server.getSpanId());
        assertThat(server.getName()).isEqualTo("POST /v1/chat/completions");
        assertThat(pick.getName()).isEqualTo("pick");
        assertThat(decode.getName()).isEqualTo("decode");
        assertThat(pick.getEndTimeUnixNano()).isLessThanOrEqualTo(decode.getStartTimeUnixNano());
        assertThat(header("traceparent"))
                .isEqualTo("00-" + TRACE + "-" + hex(decode.getSpanId().toByteArray()) + "-01");
        assertThat(header("tracestate")).isEqualTo("a=1,b=2");
        assertThat(attributes(server))
                .containsEntry("http.request.method", "POST")
                .containsEntry("http.route", "/v1/chat/completions")
                .containsEntry("http.response.status_code", "200")
                .containsEntry("gen_ai.operation.name", "chat")
                .containsEntry("gen_ai.request.model", "m")
                .containsEntry("bactrian.end", "completed");
        assertThat(attributes(decode))
                .containsEntry("server.address", "127.0.0.1")
                .containsEntry("server.port", String.valueOf(SERVER.port()));
        assertThat(server.toString() + pick + decode).doesNotContain("Say it again");
    }

    @Test
    void aRefusalIsASpanToo() {
        String trace = TRACE.replace('0', '1');
        ask(ROUTER, "nobody", "traceparent: 00-" + trace + "-" + CLIENT_SPAN + "-01");

        Span server = only(spansOf(trace, 1), SpanKind.SPAN_KIND_SERVER);

        assertThat(attributes(server))
                .containsEntry("http.response.status_code", "404")
                .containsEntry("bactrian.end", "refused")
                .doesNotContainKey("gen_ai.request.model");
        assertThat(server.getStatus().getCode()).as("the client's fault").isEqualTo(StatusCode.STATUS_CODE_UNSET);
    }

    @Test
    void aModelServerThatCutsItsAnswerIsAnError() {
        String trace = TRACE.replace('0', '2');
        SERVER.answerWith(connection -> {
            connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: {}\n\n");
            return false;
        });
        try {
            ask(ROUTER, "m", "traceparent: 00-" + trace + "-" + CLIENT_SPAN + "-01");
        } finally {
            SERVER.answerWith(connection -> {
                connection.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
                return true;
            });
        }

        Span decode = only(spansOf(trace, 3), SpanKind.SPAN_KIND_CLIENT);
        assertThat(decode.getStatus().getCode()).isEqualTo(StatusCode.STATUS_CODE_ERROR);
        assertThat(attributes(decode)).containsEntry("error.type", "upstream_failed");
    }

    @Test
    void whatTheClientDoesNotSampleIsNotSampled() {
        ask(ROUTER, "m", "traceparent: 00-" + TRACE.replace('0', '3') + "-" + CLIENT_SPAN + "-00");
        assertThat(header("traceparent"))
                .startsWith("00-" + TRACE.replace('0', '3') + "-")
                .endsWith("-00")
                .doesNotContain(CLIENT_SPAN);

        SERVER.clear();
        ask(ROUTER, "m", "traceparent: nonsense", "tracestate: a=1");
        assertThat(header("traceparent")).matches("00-[0-9a-f]{32}-[0-9a-f]{16}-00");
        assertThat(header("tracestate")).as("of a trace that cannot be read").isEmpty();

        // What comes later has been sent: so would these have been.
        ask(ROUTER, "m", "traceparent: 00-" + TRACE.replace('0', '4') + "-" + CLIENT_SPAN + "-01");
        spansOf(TRACE.replace('0', '4'), 3);
        assertThat(COLLECTOR.of(TRACE.replace('0', '3'))).isEmpty();
    }

    @Test
    void withoutTracingTheHeadersPassAsTheyAre() {
        ask(PLAIN, "m", "traceparent: nonsense", "tracestate: a=1");

        String request = UNTRACED.requests().get(0).toLowerCase(Locale.ROOT);
        assertThat(request).contains("traceparent: nonsense\r\n", "tracestate: a=1\r\n");
    }

    private static void ask(RouterFixture router, String model, String... headers) {
        RawClient.exchange(router.port(), Requests.post(Requests.chat(model, 1, false), headers));
    }

    private static List<Span> spansOf(String trace, int count) {
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(COLLECTOR.of(trace)).hasSize(count));
        return COLLECTOR.of(trace);
    }

    private static Span only(List<Span> spans, SpanKind kind) {
        List<Span> found = spans.stream().filter(span -> span.getKind() == kind).toList();
        assertThat(found).as(kind.name()).hasSize(1);
        return found.get(0);
    }

    /** Returns the value of the one header {@code name} that the model server got, or the empty string. */
    private static String header(String name) {
        List<String> values = SERVER.requests()
                .get(0)
                .lines()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name + ":"))
                .map(line -> line.substring(name.length() + 1).strip())
                .toList();
        assertThat(values.size()).as("headers called " + name).isLessThanOrEqualTo(1);
        return values.isEmpty() ? "" : values.get(0);
    }
}
