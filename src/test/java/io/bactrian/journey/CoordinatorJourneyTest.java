package io.bactrian.journey;

import static io.bactrian.fixture.RawModelServer.answering;
import static io.bactrian.fixture.SplitPool.PARAMS;
import static io.bactrian.fixture.SplitPool.bodyOf;
import static io.bactrian.fixture.SplitPool.computed;
import static io.bactrian.fixture.SplitPool.json;
import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.RouterFixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** llm-d's coordinator before the router: it splits, and each of its calls names the profile that picks. */
@Timeout(60)
class CoordinatorJourneyTest {
    private static final String POLICY = """
            apiVersion: llm-d.ai/v1alpha1
            kind: EndpointPickerConfig
            plugins:
            - type: decode-filter
            - type: prefill-filter
            - type: header-profile-handler
            schedulingProfiles:
            - {name: decode, plugins: [{pluginRef: decode-filter}]}
            - {name: prefill, plugins: [{pluginRef: prefill-filter}]}
            """;
    private static final String PREFILL_CALL =
            "{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"max_tokens\":1,\"stream\":false,"
                    + "\"tokens\":{\"token_ids\":[1,2,3],\"features\":{}},\"kv_transfer_params\":{\"do_remote_decode\":true,"
                    + "\"remote_host\":null}}";
    private static final String DECODE_CALL =
            "{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"kv_transfer_params\":" + PARAMS
                    + "}";
    private static final String DONE = json(
            200,
            "{\"id\":\"c\",\"usage\":{\"prompt_tokens\":41,\"completion_tokens\":9,\"total_tokens\":50,"
                    + "\"prompt_tokens_details\":{\"cached_tokens\":40}},\"kv_transfer_params\":null}");

    @TempDir
    private Path dir = Path.of("");

    private final RawModelServer prefill = answering(computed(16, PARAMS));
    private final RawModelServer decode = answering(DONE);
    private RouterFixture router = RouterFixture.builder().build();

    @AfterEach
    void close() {
        router.closeWhenQuiet();
    }

    private void start(boolean trusted) throws IOException {
        Path endpoints = Files.writeString(
                dir.resolve("endpoints.yaml"),
                "endpoints:\n"
                        + "- {name: p, address: 127.0.0.1, port: %d, labels: {llm-d.ai/role: prefill}}\n"
                                .formatted(prefill.port())
                        + "- {name: d, address: 127.0.0.1, port: %d, labels: {llm-d.ai/role: decode}}\n"
                                .formatted(decode.port()));
        router = RouterFixture.builder()
                .property("bactrian.http.trust-coordinator", String.valueOf(trusted))
                .property("bactrian.pools.demo.models", "demo")
                .property("bactrian.pools.demo.allow-experimental-plugins", "true")
                .property("bactrian.pools.demo.endpoints-file", endpoints.toString())
                .property(
                        "bactrian.pools.demo.scheduling-file",
                        Files.writeString(dir.resolve("policy.yaml"), POLICY).toString())
                .closing(prefill)
                .closing(decode)
                .build()
                .start();
    }

    /** The worked trace: the call goes on unchanged, and so does its answer. */
    @Test
    void theNamedProfilePicksAndNothingIsSplit() throws IOException {
        start(true);

        HttpAnswer computed = router.ask(PREFILL_CALL, "EPP-Profile: prefill");
        HttpAnswer answered = router.ask(DECODE_CALL, "EPP-Profile: decode");

        assertThat(computed.text()).isEqualTo(bodyOf(computed(16, PARAMS)));
        assertThat(answered.text()).isEqualTo(bodyOf(DONE));
        assertThat(prefill.requests()).hasSize(1);
        assertThat(bodyOf(prefill.requests().get(0))).isEqualTo(PREFILL_CALL);
        assertThat(decode.requests()).hasSize(1);
        assertThat(bodyOf(decode.requests().get(0))).isEqualTo(DECODE_CALL);
    }

    @Test
    void aDecodeCallThatWantsACachedPromptIsToldThatThereIsNone() throws IOException {
        start(true);

        HttpAnswer answer = router.ask(DECODE_CALL, "EPP-Profile: decode", "Prefer: if-available");

        assertThat(answer.status()).isEqualTo(412);
        assertThat(decode.requests()).isEmpty();
    }

    @Test
    void aClientMayNotSpeakAsACoordinator() throws IOException {
        start(false);

        HttpAnswer answer = router.ask(PREFILL_CALL, "EPP-Profile: prefill");

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text()).contains("kv_transfer_params");
        assertThat(prefill.requests()).isEmpty();
    }
}
