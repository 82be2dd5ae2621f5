package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bactrian.fixture.AtomicFile;
import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Adapters that no configuration names: endpoints announce them. */
@Timeout(60)
class AdaptersJourneyTest {
    private static final String SCHEDULING = """
            apiVersion: llm-d.ai/v1alpha1
            kind: EndpointPickerConfig
            plugins:
            - {type: models-data-source, parameters: {interval: 50ms}}
            - type: models-data-extractor
            - type: random-picker
            dataLayer: {sources: [{pluginRef: models-data-source, extractors: [{pluginRef: models-data-extractor}]}]}
            """;
    private static final String BASE = "{\"id\":\"base\"}";
    private static final AtomicReference<String> MORE_AT_OTHER = new AtomicReference<>("");
    private static final RawModelServer ONE = answering()
            .showing(() -> "vllm:num_requests_waiting 0\n")
            .showing("/v1/models", () -> "{\"data\":[" + BASE + ",{\"id\":\"sql\",\"parent\":\"base\"}]}");
    private static final RawModelServer OTHER = answering()
            .showing(() -> "vllm:num_requests_waiting 0\n" + loaded(""))
            .showing("/v1/models", () -> "{\"data\":[" + BASE + MORE_AT_OTHER.get() + "]}");
    private static final RawModelServer UNLISTED = answering().showing(() -> loaded("law"));
    private static final RawModelServer UNLISTED_WITHOUT = answering().showing(() -> "vllm:num_requests_waiting 0\n");

    @RegisterExtension
    static final RouterFixture ROUTER = RouterFixture.builder()
            .raw("base", ONE)
            .raw("base", OTHER)
            .raw("plain", UNLISTED)
            .raw("plain", UNLISTED_WITHOUT)
            .property(
                    "bactrian.pools.base.scheduling-file",
                    AtomicFile.create(SCHEDULING).toString())
            .property(
                    "bactrian.pools.plain.scheduling-file",
                    AtomicFile.create(SCHEDULING).toString())
            .property("bactrian.metrics.interval", "5ms")
            .build();

    private static String loaded(String adapters) {
        return "vllm:lora_requests_info{max_lora=\"4\",running_lora_adapters=\"" + adapters
                + "\",waiting_lora_adapters=\"\"} 1\n";
    }

    private static RawModelServer answering() {
        return new RawModelServer(connection -> {
            connection.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
            return true;
        });
    }

    @Test
    void anAdapterFindsThePoolAndTheEndpointsThatListIt() {
        await().until(() -> status("sql") == 200);
        ONE.clear();
        OTHER.clear();

        ask("sql", 20);
        assertThat(ONE.requests()).hasSize(20);

        MORE_AT_OTHER.set(",{\"id\":\"sql\",\"parent\":\"base\"}");
        await().until(() -> {
            ask("sql", 1);
            return !OTHER.requests().isEmpty();
        });
        MORE_AT_OTHER.set("");
    }

    @Test
    void anAdapterThatIsOnNoListGoesToThoseWhoHaveItLoaded() {
        await().until(() -> status("law") == 200);
        UNLISTED.clear();

        ask("law", 20);

        assertThat(UNLISTED.requests()).hasSize(20);
        assertThat(UNLISTED_WITHOUT.requests()).isEmpty();
    }

    @Test
    void theModelItselfGoesToAll() {
        await().until(() -> {
            ask("base", 1);
            return !ONE.requests().isEmpty() && !OTHER.requests().isEmpty();
        });
    }

    @Test
    void whatNobodyAnnouncesDoesNotExist() {
        HttpAnswer answer = RawClient.exchange(ROUTER.port(), Requests.post(Requests.chat("poetry", 1, false)));

        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.text()).contains("model_not_found");
    }

    @Test
    void adaptersAreListedWithTheModels() {
        await().until(() -> RawClient.exchange(ROUTER.port(), Requests.get("/v1/models"))
                .text()
                .contains("\"id\":\"sql\""));
    }

    private static int status(String model) {
        return RawClient.exchange(ROUTER.port(), Requests.post(Requests.chat(model, 1, false)))
                .status();
    }

    private static void ask(String model, int times) {
        for (int i = 0; i < times; i++) {
            assertThat(status(model)).isEqualTo(200);
        }
    }
}
