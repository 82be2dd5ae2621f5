package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Errors of the router as the clients of each API expect them. */
class DialectJourneyTest {
    private static final RawModelServer SERVER = new RawModelServer(connection -> false);

    @RegisterExtension
    static final RouterFixture ROUTER = RouterFixture.builder()
            .raw("m", SERVER)
            .property("bactrian.http.max-body-bytes", "1000")
            .build();

    static List<Arguments> refusals() {
        String messages = "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
        return List.of(
                Arguments.of("{}", 400, "invalid_request_error"),
                Arguments.of("{\"model\":\"x\"," + messages, 404, "not_found_error"),
                Arguments.of("{\"model\":\"m\"," + messages, 502, "api_error"));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void tellsAnthropicsClientsInTheirOwnWords(String body, int status, String type) {
        HttpAnswer answer = RawClient.exchange(ROUTER.port(), Requests.postTo("/v1/messages", body));

        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.text()).startsWith("{\"type\":\"error\",\"error\":{\"type\":\"" + type + "\",\"message\":\"");
    }

    @Test
    void tellsThemOfABodyThatIsTooLong() {
        HttpAnswer answer =
                RawClient.exchange(ROUTER.port(), Requests.postTo("/v1/messages?beta=true", "x".repeat(1001)));

        assertThat(answer.status()).isEqualTo(413);
        assertThat(answer.text()).startsWith("{\"type\":\"error\",\"error\":{\"type\":\"request_too_large\"");
    }

    static List<Arguments> cuts() {
        return List.of(
                Arguments.of(
                        "/v1/messages",
                        "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]",
                        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\""),
                Arguments.of(
                        "/v1/responses",
                        "\"input\":\"Hi\"",
                        "event: error\ndata: {\"type\":\"error\",\"code\":\"upstream_failed\",\"message\":"),
                Arguments.of("/v1/completions", "\"prompt\":\"Hi\"", "data: {\"error\":{\"message\":"));
    }

    @ParameterizedTest
    @MethodSource("cuts")
    void endsAStreamThatIsCutWithAnErrorOfItsApi(String path, String prompt, String event) {
        SERVER.answerWith(connection -> {
            connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
            connection.send("9\r\ndata: {}\n\r\n1\r\n\n\r\n");
            return false;
        });

        HttpAnswer answer = RawClient.exchange(
                ROUTER.port(), Requests.postTo(path, "{\"model\":\"m\",\"stream\":true," + prompt + "}"));

        assertThat(answer.text()).startsWith("data: {}\n\n" + event);
        SERVER.answerWith(connection -> false);
    }

    @Test
    void takesAStreamOfMessagesThatEndsWithItsConnectionForWhole() {
        String events = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
        SERVER.answerWith(connection -> {
            connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + events);
            return false;
        });

        HttpAnswer answer = RawClient.exchange(
                ROUTER.port(),
                Requests.postTo(
                        "/v1/messages",
                        "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"));

        assertThat(answer.text()).isEqualTo(events);
        SERVER.answerWith(connection -> false);
    }
}
