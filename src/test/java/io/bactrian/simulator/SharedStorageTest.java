package io.bactrian.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.bactrian.endpoint.EndpointRole;
import io.bactrian.simulator.engine.TransferCost;
import java.io.IOException;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** LMCache or any other store that servers share: blocks are found by content, and a threshold asks for them first. */
class SharedStorageTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String COMPLETIONS = "/v1/completions";

    private final ServerFixture servers = new ServerFixture();
    private final SharedKvStore store = new SharedKvStore(1000);
    private final SimulatedModelServer prefill = start(EndpointRole.PREFILL);
    private final SimulatedModelServer decode = start(EndpointRole.DECODE);

    @AfterEach
    void close() {
        servers.close();
    }

    @Test
    void decodeFindsWhatPrefillHasStored() throws Exception {
        servers.post(prefill, COMPLETIONS, completion(1, ""));
        assertThat(store.size()).isEqualTo(2);

        JsonNode answer = ServerFixture.json(servers.post(decode, COMPLETIONS, completion(9, "")));

        assertThat(answer.path("usage")
                        .path("prompt_tokens_details")
                        .path("cached_tokens")
                        .asInt())
                .isEqualTo(32);
        assertThat(decode.transfers().loads()).isEqualTo(1);
    }

    @Test
    void answersAtOnceBelowTheThreshold() throws Exception {
        JsonNode trial =
                ServerFixture.json(servers.post(decode, COMPLETIONS, completion(9, ",\"cache_hit_threshold\":0.8")));
        assertThat(trial.path("choices").path(0).path("finish_reason").asText()).isEqualTo("cache_threshold");
        assertThat(trial.path("choices").path(0).path("text").asText()).isEmpty();
        assertThat(trial.path("usage").path("completion_tokens").asInt()).isZero();
        assertThat(decode.transfers().belowThreshold()).isEqualTo(1);

        servers.post(prefill, COMPLETIONS, completion(1, ",\"cache_hit_threshold\":0"));
        JsonNode answer =
                ServerFixture.json(servers.post(decode, COMPLETIONS, completion(9, ",\"cache_hit_threshold\":0.8")));

        // 32 of 40 tokens are there.
        assertThat(answer.path("usage").path("completion_tokens").asInt()).isEqualTo(9);
    }

    @Test
    void streamsTheRoleAndTheReasonBelowTheThreshold() throws Exception {
        HttpResponse<String> trial = servers.post(
                decode, CHAT, ServerFixture.chat("new words", ",\"stream\":true,\"cache_hit_threshold\":0.5"));

        String[] events = trial.body().split("\n\n", -1);
        assertThat(events[0]).contains("\"role\":\"assistant\"").contains("\"finish_reason\":null");
        assertThat(events[1]).contains("\"delta\":{}").contains("\"finish_reason\":\"cache_threshold\"");
        assertThat(events[2]).isEqualTo("data: [DONE]");
        assertThat(decode.snapshot().isIdle()).isTrue();
    }

    @Test
    void canBeToldToRefuse() throws Exception {
        HttpResponse<String> answer =
                servers.post(decode, COMPLETIONS, completion(9, ""), "X-Cache-Threshold-Finish-Reason", "true");

        assertThat(answer.body()).contains("cache_threshold");
    }

    @Test
    void refusesAThresholdThatIsNoShare() throws Exception {
        HttpResponse<String> answer = servers.post(decode, COMPLETIONS, completion(9, ",\"cache_hit_threshold\":80"));

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("cache_hit_threshold: 80 (expected: 0 to 1)");
    }

    private SimulatedModelServer start(EndpointRole role) {
        return servers.start(options -> options.role(role)
                .transfers(TransferOptions.DEFAULTS.withCost(new TransferCost(0, 1000, 1e15)))
                .sharedKv(store));
    }

    private static String completion(int maxTokens, String more) throws IOException {
        return "{\"prompt\":\"" + "word ".repeat(40) + "\",\"ignore_eos\":true,\"max_tokens\":" + maxTokens + more
                + "}";
    }
}
