package io.bactrian.kamelet;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.exchange.InferenceExchange;
import io.bactrian.fixture.RouterUnderTest;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.apache.camel.Exchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EndpointPickerActionTest {
    private static final String ROUTE = """
            - route:
                id: choose-for-me
                from:
                  uri: direct:choose-for-me
                  steps:
                    - to:
                        uri: kamelet:endpoint-picker-action
                        parameters:
                          pool: main%s
            """;
    private static final String CHAT = "{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";

    private final RouterUnderTest router = new RouterUnderTest();

    @AfterEach
    void close() {
        router.close();
    }

    private void start(Path dir, String more) throws Exception {
        router.route(dir, "choose-for-me.camel.yaml", ROUTE.formatted(more)).start();
    }

    @Test
    void namesTheEndpointInAHeaderAndLeavesTheBody(@TempDir Path dir) throws Exception {
        start(dir, "");

        Exchange done = router.ask("direct:choose-for-me", CHAT, Map.of());

        assertThat(done.getException()).isNull();
        assertThat(done.getMessage().getHeader(InferenceExchange.ENDPOINT)).isEqualTo(router.hostPort());
        assertThat(done.getMessage().getBody(String.class)).isEqualTo(CHAT);
        assertThat(router.received()).isEmpty();
    }

    @Test
    void isGoneOnWithByModelServer(@TempDir Path dir) throws Exception {
        start(dir, "\n        - to:\n            uri: model-server:decode");

        Exchange done = router.ask("direct:choose-for-me", CHAT, Map.of());

        assertThat(done.getException()).isNull();
        assertThat(done.getMessage().getBody(String.class)).contains("\"chat.completion\"");
        assertThat(router.received()).hasSize(1);
        assertThat(router.reservations()).isZero();
    }

    @Test
    void leavesABodyThatWasAStreamReadable(@TempDir Path dir) throws Exception {
        start(dir, "");

        Exchange done = router.ask(
                "direct:choose-for-me",
                new ByteArrayInputStream(CHAT.getBytes(StandardCharsets.UTF_8)),
                Map.of(Exchange.HTTP_METHOD, "PUT", Exchange.HTTP_PATH, "/orders"));

        assertThat(done.getMessage().getBody(String.class)).isEqualTo(CHAT);
        assertThat(done.getMessage().getHeader(InferenceExchange.ENDPOINT)).isEqualTo(router.hostPort());
    }

    @Test
    void readsTheBodyAsThePathSays(@TempDir Path dir) throws Exception {
        start(dir, "\n              path: /v1/completions");

        Exchange done = router.ask("direct:choose-for-me", "{\"model\":\"demo\",\"prompt\":\"Hi\"}", Map.of());

        assertThat(done.getMessage().getHeader(InferenceExchange.API)).isEqualTo("COMPLETIONS");
        assertThat(done.getMessage().getHeader(InferenceExchange.ENDPOINT)).isEqualTo(router.hostPort());
    }

    @Test
    void refusesABodyThatIsNoRequest(@TempDir Path dir) throws Exception {
        start(dir, "");

        Exchange done = router.ask("direct:choose-for-me", "{\"model\":", Map.of());

        assertThat(done.getMessage().getHeader(Exchange.HTTP_RESPONSE_CODE)).isEqualTo(400);
        assertThat(done.getMessage().getHeaders()).doesNotContainKey(InferenceExchange.ENDPOINT);
    }
}
