package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.relay.RelayRecord;
import io.bactrian.request.Finish.Outcome;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A model server that dies at every byte of its answer. */
@Timeout(120)
class CutAnswerJourneyTest {
    private static final List<String> EVENTS =
            List.of("data: {\"a\":1}\n\n", "data: {\"b\":2}\n\n", "data: [DONE]\n\n");
    private static final String STREAM = String.join("", EVENTS);
    private static final String JSON = "{\"id\":1,\"choices\":[]}";
    private static final int MAX_EVENT_BYTES = 4096;

    private static final RawModelServer SERVER = new RawModelServer(connection -> false);

    @RegisterExtension
    static final RouterFixture ROUTER = RouterFixture.builder()
            .raw("raw", SERVER)
            .property("bactrian.metrics.interval", "10s")
            .property("bactrian.metrics.stale-after", "20s")
            .property("bactrian.upstream.max-event-bytes", String.valueOf(MAX_EVENT_BYTES))
            .property("bactrian.upstream.max-header-bytes", "2KiB")
            .build();

    /** The ways to tell where a body ends. */
    enum Framing {
        CHUNKED,
        LENGTH,
        CLOSE
    }

    private static String head(String type, Framing framing, int length) {
        String head = "HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\n";
        return switch (framing) {
            case CHUNKED -> head + "Transfer-Encoding: chunked\r\n\r\n";
            case LENGTH -> head + "Content-Length: " + length + "\r\n\r\n";
            case CLOSE -> head + "\r\n";
        };
    }

    private static String chunk(String text) {
        return Integer.toHexString(text.length()) + "\r\n" + text + "\r\n";
    }

    private static String events(Framing framing) {
        StringBuilder wire = new StringBuilder(head("text/event-stream", framing, STREAM.length()));
        EVENTS.forEach(event -> wire.append(framing == Framing.CHUNKED ? chunk(event) : event));
        return wire + (framing == Framing.CHUNKED ? "0\r\n\r\n" : "");
    }

    private static HttpAnswer ask(String version) {
        String body = Requests.chat("raw", 5, true);
        return RawClient.exchange(
                ROUTER.port(),
                Requests.head("POST /v1/chat/completions HTTP/" + version, "Content-Length: " + body.length()) + "\r\n"
                        + body);
    }

    @ParameterizedTest
    @EnumSource(Framing.class)
    void endsACutStreamWithAnErrorWhereverItIsCut(Framing framing) {
        String wire = events(framing);
        for (int cut = 0; cut < wire.length(); cut++) {
            String part = wire.substring(0, cut);
            SERVER.answerWith(connection -> {
                connection.send(part);
                return false;
            });

            HttpAnswer answer = ask("1.1");

            String where = framing + " cut at byte " + cut + " of " + wire.length();
            if (answer.status() == 502) {
                assertThat(answer.text()).as(where).contains("upstream_failed");
                assertThat(part).as(where).doesNotContain(EVENTS.get(0));
            } else {
                assertThat(answer.status()).as(where).isEqualTo(200);
                assertThat(answer.complete()).as(where).isTrue();
                String whole = wholeEvents(part);
                assertThat(answer.text()).as(where).startsWith(whole + "data: {\"error\":{");
                assertThat(answer.text().substring(whole.length())).as(where).doesNotContain("[DONE]");
                assertThat(answer.text()).as(where).contains("upstream_failed").endsWith("}}\n\n");
            }
        }
        assertThat(ROUTER.awaitRecords(wire.length()))
                .extracting(RelayRecord::outcome)
                .containsOnly(Outcome.UPSTREAM_CUT, Outcome.REFUSED);
    }

    private static String wholeEvents(String part) {
        StringBuilder whole = new StringBuilder();
        for (String event : EVENTS) {
            if (!part.contains(event)) {
                break;
            }
            whole.append(event);
        }
        return whole.toString();
    }

    @ParameterizedTest
    @EnumSource(Framing.class)
    void relaysAWholeStreamToTheByte(Framing framing) {
        SERVER.answerWith(connection -> {
            connection.send(events(framing));
            return framing != Framing.CLOSE;
        });

        HttpAnswer answer = ask("1.1");

        assertThat(answer.complete()).isTrue();
        assertThat(answer.text()).isEqualTo(STREAM);
        assertThat(answer.header("content-length"))
                .as("of a stream that may change")
                .isEmpty();
    }

    @ParameterizedTest
    @EnumSource(
            value = Framing.class,
            names = {"CHUNKED", "LENGTH"})
    void neverEndsACutBodyProperly(Framing framing) {
        String wire = head("application/json", framing, JSON.length())
                + (framing == Framing.CHUNKED ? chunk(JSON) + "0\r\n\r\n" : JSON);
        for (int cut = 0; cut < wire.length(); cut++) {
            String part = wire.substring(0, cut);
            SERVER.answerWith(connection -> {
                connection.send(part);
                return false;
            });
            for (String version : List.of("1.1", "1.0")) {
                HttpAnswer answer = ask(version);

                String where = framing + " to " + version + " cut at byte " + cut;
                if (answer.status() == 502) {
                    assertThat(answer.text()).as(where).contains("upstream_failed");
                } else {
                    assertThat(answer.status()).as(where).isEqualTo(200);
                    assertThat(answer.complete()).as(where).isFalse();
                }
            }
        }
    }

    @Test
    void endsAStreamThatIsReset() {
        SERVER.answerWith(connection -> {
            connection.send(head("text/event-stream", Framing.CHUNKED, 0) + chunk(EVENTS.get(0)));
            Thread.onSpinWait();
            connection.reset();
            return false;
        });

        HttpAnswer answer = ask("1.1");

        assertThat(answer.status()).isIn(200, 502);
        assertThat(answer.text()).contains("upstream_failed").doesNotContain("[DONE]");
    }

    @Test
    void closesTheConnectionAfterAStreamThatWasCut() {
        SERVER.answerWith(connection -> {
            connection.send(head("text/event-stream", Framing.CHUNKED, 0) + chunk(EVENTS.get(0)));
            return false;
        });
        try (RawClient client = RawClient.connect(ROUTER.port())) {
            String request = Requests.post(Requests.chat("raw", 5, true));
            assertThat(client.send(request + request).read().text()).contains("upstream_failed");
            assertThat(client.isEnded()).isTrue();
        }
    }

    @Test
    void endsAStreamWhoseEventIsTooLong() {
        SERVER.answerWith(connection -> {
            connection.send(head("text/event-stream", Framing.CHUNKED, 0)
                    + chunk(EVENTS.get(0))
                    + chunk("data: " + "x".repeat(MAX_EVENT_BYTES)));
            return connection.awaitClose();
        });

        HttpAnswer answer = ask("1.1");

        assertThat(answer.complete()).isTrue();
        assertThat(answer.text()).contains("an event longer than the limit").doesNotContain("xxx", "[DONE]");
    }

    @Test
    void relaysAnEventThatIsAsLongAsTheLimit() {
        String event = "data: " + "x".repeat(MAX_EVENT_BYTES - 8) + "\n\n";
        SERVER.answerWith(connection -> {
            connection.send(head("text/event-stream", Framing.CHUNKED, 0)
                    + chunk(event.substring(0, 1000))
                    + chunk(event.substring(1000))
                    + chunk(EVENTS.get(2))
                    + "0\r\n\r\n");
            return true;
        });

        assertThat(ask("1.1").text()).isEqualTo(event + EVENTS.get(2));
    }

    @Test
    void refusesAHeadThatIsTooLong() {
        SERVER.answerWith(connection -> {
            connection.send("HTTP/1.1 200 OK\r\nX-A: " + "a".repeat(5000) + "\r\n\r\n");
            return connection.awaitClose();
        });

        assertThat(ask("1.1").status()).isEqualTo(502);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "garbage\r\n\r\n",
                "SSH-2.0-x\r\n",
                "HTTP/1.1 99999 X\r\n\r\n",
                "HTTP/1.1 101 X\r\n\r\nhi",
                "\u0000\u0001\u0002"
            })
    void refusesWhatIsNoHttp(String bytes) {
        SERVER.answerWith(connection -> {
            connection.send(bytes);
            return false;
        });

        assertThat(ask("1.1").status()).isEqualTo(502);
    }

    @Test
    void passesOverInterimAnswers() {
        SERVER.answerWith(connection -> {
            connection.send("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + events(Framing.LENGTH));
            return true;
        });

        assertThat(ask("1.1").text()).isEqualTo(STREAM);
    }

    @Test
    void stripsWhatBelongsToOneConnectionFromAnswers() {
        SERVER.answerWith(connection -> {
            connection.send("""
                    HTTP/1.1 200 OK
                    Content-Type: application/json
                    Connection: keep-alive, X-Hop
                    Keep-Alive: timeout=5
                    X-Hop: 1
                    Proxy-Authenticate: Basic
                    Upgrade: h2
                    x-gateway-destination-endpoint: 10.0.0.1:1
                    X-End: 1
                    Content-Length: 2

                    {}""".replace("\n", "\r\n"));
            return true;
        });

        HttpAnswer answer = ask("1.1");

        assertThat(answer.headers())
                .extracting(header -> header.getKey().toLowerCase(java.util.Locale.ROOT))
                .contains("x-end", "content-length", "content-type")
                .doesNotContain(
                        "connection",
                        "keep-alive",
                        "x-hop",
                        "proxy-authenticate",
                        "upgrade",
                        "x-gateway-destination-endpoint");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data: {\"a\":1}\n\ndata: [DONE]\n\n",
                "data: {\"a\":1}\r\n\r\ndata: [DONE]\r\n\r\n",
                "data: {\"a\":1}\r\rdata: [DONE]\r\r",
                ": a comment\n\ndata: {\"a\":1}\n\n: another\ndata: [DONE]\n\n",
                "event: x\nid: 7\nretry: 10\ndata: {\"a\":\ndata: 1}\n\ndata:[DONE]\n\n",
                "\u00ef\u00bb\u00bfdata: {\"a\":\"\u00c3\u00a4\u00f0\u009f\u0090\u00aa\"}\n\ndata: [DONE]\n\n",
                "data: {\"a\":1}\n\n",
                "data: {\"a\":1}",
                "\n\n\n",
            })
    void relaysByteByByteWhatAServerSends(String stream) {
        SERVER.answerWith(connection -> {
            connection.send(head("text/event-stream", Framing.CHUNKED, 0));
            for (int i = 0; i < stream.length(); i++) {
                connection.send(chunk(stream.substring(i, i + 1)));
            }
            connection.send("0\r\n\r\n");
            return true;
        });

        HttpAnswer answer = ask("1.1");

        assertThat(answer.complete()).isTrue();
        assertThat(answer.body()).isEqualTo(stream);
    }

    @Test
    void passesOnAnAnswerWithoutABody() {
        SERVER.answerWith(connection -> {
            connection.send("HTTP/1.1 204 No Content\r\n\r\n");
            return true;
        });
        try (RawClient client = RawClient.connect(ROUTER.port())) {
            HttpAnswer answer =
                    client.send(Requests.post(Requests.chat("raw", 5, true))).readHead();
            assertThat(answer.status()).isEqualTo(204);
            assertThat(answer.header("transfer-encoding")).isEmpty();
            assertThat(client.send(Requests.get("/v1/models")).read().status()).isEqualTo(200);
        }
    }
}
