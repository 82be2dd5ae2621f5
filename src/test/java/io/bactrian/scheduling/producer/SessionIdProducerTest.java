package io.bactrian.scheduling.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bactrian.fixture.InferenceRequests;
import io.bactrian.fixture.Plugins;
import io.bactrian.request.DataKey;
import io.bactrian.request.InferenceRequest;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Section 7.8 of llm-d's scheduling. */
class SessionIdProducerTest {
    @Test
    void readsAHeaderOrACookie() {
        assertThat(id(Map.of("headerName", " X-Sid "), Map.of("x-sid", " a "))).isEqualTo("a");
        assertThat(id(Map.of("cookieName", "sid"), Map.of("cookie", "x=1; sid=a=b; y")))
                .isEqualTo("a=b");
        assertThat(id(Map.of("cookieName", "sid"), Map.of("cookie", "xsid=1"))).isNull();
        assertThat(id(Map.of("headerName", "x-sid"), Map.of("x-sid", "  "))).isNull();
    }

    @Test
    void wantsExactlyOne() {
        assertThatThrownBy(() -> id(Map.of(), Map.of()))
                .hasMessage("parameters.headerName: missing (expected: exactly one of headerName or cookieName)");
        assertThatThrownBy(() -> id(Map.of("headerName", "a", "cookieName", "b"), Map.of()))
                .hasMessageStartingWith("parameters.headerName: a (expected: exactly one");
    }

    private static @Nullable String id(Map<String, Object> parameters, Map<String, String> headers) {
        InferenceRequest request = InferenceRequests.with(headers);
        Plugins.create(DataProducers.CATALOG, "session-id-producer", parameters).produce(request, List.of());
        return request.attributes().get(new DataKey<>("SessionIDDataKey", "session-id-producer"));
    }
}
