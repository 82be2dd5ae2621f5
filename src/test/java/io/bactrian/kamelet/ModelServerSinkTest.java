package io.bactrian.kamelet;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.fixture.RouterUnderTest;
import java.nio.file.Path;
import java.util.Map;
import org.apache.camel.Exchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelServerSinkTest {
    private static final String ROUTE = """
            - route:
                id: ask-for-me
                from:
                  uri: direct:ask-for-me
                  steps:
                    - to:
                        uri: kamelet:model-server-sink
                        parameters:
                          pool: %s
            """;
    private static final String TWICE = """
            - route:
                id: ask-twice
                from:
                  uri: direct:ask-twice
                  steps:
                    - to:
                        uri: kamelet:model-server-sink?pool=main
                    - setBody:
                        expression:
                          constant:
                            expression: '{"model":"demo","messages":[{"role":"user","content":"Second"}]}'
                    - to:
                        uri: kamelet:model-server-sink?pool=main
            """;
    private static final String NO_PICK = """
            - route:
                id: no-pick
                from:
                  uri: direct:no-pick
                  steps:
                    - process:
                        ref: readRequest
                    - to:
                        uri: model-server:decode
            """;
    private static final String CHAT =
            "{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":\"First\"}],\"max_tokens\":4,\"ignore_eos\":true}";

    private final RouterUnderTest router = new RouterUnderTest();

    @AfterEach
    void close() {
        router.close();
    }

    @Test
    void makesTheModelServersAnswerTheBody(@TempDir Path dir) throws Exception {
        router.route(dir, "ask-for-me.camel.yaml", ROUTE.formatted("main")).start();

        Exchange done = router.ask("direct:ask-for-me", CHAT, Map.of());

        assertThat(done.getException()).isNull();
        assertThat(done.getMessage().getHeader(Exchange.HTTP_RESPONSE_CODE)).isEqualTo(200);
        assertThat(done.getMessage().getBody(String.class)).contains("\"chat.completion\"", "\"completion_tokens\":4");
        assertThat(router.received()).singleElement().satisfies(request -> assertThat(request.bodyText())
                .isEqualTo(CHAT));
    }

    @Test
    void asksAnewForEachBody(@TempDir Path dir) throws Exception {
        router.route(dir, "ask-twice.camel.yaml", TWICE).start();

        Exchange done = router.ask("direct:ask-twice", CHAT, Map.of());

        assertThat(done.getException()).isNull();
        assertThat(router.received())
                .extracting(request -> request.bodyText().contains("Second"))
                .containsExactly(false, true);
        assertThat(router.reservations()).isZero();
    }

    @Test
    void sendsNoHeaderThatHttpCannotCarry(@TempDir Path dir) throws Exception {
        router.route(dir, "ask-for-me.camel.yaml", ROUTE.formatted("main")).start();

        Exchange done = router.ask(
                "direct:ask-for-me",
                CHAT,
                Map.of("two words", "x", "x-note", "line\nline", "x-tenant", "blue", "CamelFileName", "a.json"));

        assertThat(done.getException()).isNull();
        assertThat(router.received()).singleElement().satisfies(request -> {
            assertThat(request.header("x-tenant")).contains("blue");
            assertThat(request.header("x-note")).isEmpty();
            assertThat(request.header("two words")).isEmpty();
            assertThat(request.header("CamelFileName")).isEmpty();
        });
    }

    @Test
    void answersThatThePoolIsUnknown(@TempDir Path dir) throws Exception {
        router.route(dir, "ask-for-me.camel.yaml", ROUTE.formatted("mian")).start();

        Exchange done = router.ask("direct:ask-for-me", CHAT, Map.of());

        assertThat(done.getMessage().getHeader(Exchange.HTTP_RESPONSE_CODE)).isEqualTo(500);
        assertThat(done.getMessage().getBody(String.class)).contains("mian", "main");
    }

    @Test
    void refusesAnAnswerOverTheLimit(@TempDir Path dir) throws Exception {
        router.route(dir, "ask-for-me.camel.yaml", ROUTE.formatted("main\n              maxResponseBytes: 16"))
                .start();

        Exchange done = router.ask("direct:ask-for-me", CHAT, Map.of());

        assertThat(done.getMessage().getHeader(Exchange.HTTP_RESPONSE_CODE)).isEqualTo(502);
        assertThat(done.getMessage().getBody(String.class)).contains("longer than 16 bytes");
        assertThat(router.reservations()).isZero();
    }

    @Test
    void failsRatherThanHangsWithoutAStepThatPicks(@TempDir Path dir) throws Exception {
        router.route(dir, "no-pick.camel.yaml", NO_PICK).start();

        Exchange done = router.ask("direct:no-pick", CHAT, Map.of());

        assertThat(done.getMessage().getHeader(Exchange.HTTP_RESPONSE_CODE)).isEqualTo(500);
    }
}
