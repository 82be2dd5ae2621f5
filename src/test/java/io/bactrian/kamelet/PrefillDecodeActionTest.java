package io.bactrian.kamelet;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.fixture.SplitPool;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class PrefillDecodeActionTest {
    private static final String ROUTE = """
            - route:
                id: ask-two
                from:
                  uri: direct:ask-two
                  steps:
                    - to:
                        uri: kamelet:prefill-decode-action
                        parameters:
                          pool: demo
            """;
    private static final String CHAT = "{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";

    @Test
    void answersTheBodyWithTwoServers(@TempDir Path dir) throws Exception {
        RawModelServer prefill = RawModelServer.answering(SplitPool.computed(3, SplitPool.PARAMS));
        RawModelServer decode = RawModelServer.answering(SplitPool.json(200, "{\"usage\":{\"prompt_tokens\":9}}"));
        Path routes = Files.createDirectory(dir.resolve("routes"));
        Files.writeString(routes.resolve("ask-two.camel.yaml"), ROUTE);
        RouterFixture router = new SplitPool(dir)
                .prefill(prefill)
                .decode(decode)
                .property("bactrian.routes.dir", routes.toString())
                .start();

        try (ProducerTemplate template = router.router().camel().createProducerTemplate()) {
            Exchange done = template.send(
                    "direct:ask-two", exchange -> exchange.getMessage().setBody(CHAT));

            assertThat(done.getException()).isNull();
            assertThat(done.getMessage().getBody(String.class))
                    .isEqualTo("{\"usage\":{\"prompt_tokens_details\":{\"cached_tokens\":3},\"prompt_tokens\":9}}");
        }
        assertThat(prefill.requests()).hasSize(1);
        assertThat(SplitPool.bodyOf(decode.requests().get(0))).contains(SplitPool.PARAMS);
        router.closeWhenQuiet();
    }
}
