package io.bactrian.scheduling.identity;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.fixture.InferenceRequests;
import io.bactrian.fixture.Plugins;
import io.bactrian.request.DataKey;
import io.bactrian.request.InferenceRequest;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Section 8.3 of llm-d's scheduling. */
class AgentIdentityTest {
    @Test
    void theFirstHeaderThatIsThereNamesTheAgent() {
        assertThat(identity(Map.of("session_id", "d", "session-id", "c"))).isEqualTo("c");
        assertThat(identity(Map.of("x-session-affinity", "b", "x-claude-code-session-id", "a")))
                .isEqualTo("a");
        assertThat(identity(Map.of("x-mine", "e", "session-id", "c"))).isEqualTo("e");
        assertThat(identity(Map.of())).isNull();
    }

    private static @Nullable String identity(Map<String, String> headers) {
        InferenceRequest request = InferenceRequests.with(headers);
        Plugins.create(
                        HeaderProcessors.CATALOG,
                        "agent-identity",
                        Map.of("additionalSessionHeaders", List.of("x-mine")))
                .process(request);
        return request.attributes().get(new DataKey<>("agent-identity", ""));
    }
}
