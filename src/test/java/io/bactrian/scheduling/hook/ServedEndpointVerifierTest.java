package io.bactrian.scheduling.hook;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.fixture.InferenceRequests;
import io.bactrian.fixture.Plugins;
import io.bactrian.request.InferenceRequest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Section 8.3 of llm-d's scheduling. */
class ServedEndpointVerifierTest {
    private final InferenceRequest request = InferenceRequests.with(Map.of());

    @Test
    void namesTheEndpointThatHasServed() {
        request.attributes().put(InferenceRequest.SERVED_ENDPOINT, "10.0.0.1:3000");

        assertThat(headers()).containsExactly(Map.entry("x-conformance-test-served-endpoint", "10.0.0.1:3000"));
    }

    @Test
    void namesNoneIfNoneIsKnown() {
        assertThat(headers()).isEmpty();
    }

    private Map<String, String> headers() {
        Map<String, String> headers = new LinkedHashMap<>();
        Plugins.create(RequestHooks.CATALOG, "destination-endpoint-served-verifier", Map.of())
                .follow(request, List.of())
                .answerBegins(headers::put);
        return headers;
    }
}
