package io.bactrian.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.request.ErrorCode;
import org.junit.jupiter.api.Test;

class ErrorBodyTest {
    @Test
    void saysWhatWentWrongInTheClientsWords() {
        assertThat(new String(
                        ErrorBody.json(Dialect.OPENAI, ErrorCode.BAD_REQUEST, "model: \"missing\"", "model"), UTF_8))
                .isEqualTo("{\"error\":{\"message\":\"model: \\\"missing\\\"\",\"type\":\"invalid_request_error\","
                        + "\"param\":\"model\",\"code\":\"bad_request\"}}");
    }

    @Test
    void endsAStreamWithAnEventOfOneLine() {
        assertThat(new String(ErrorBody.event(Dialect.OPENAI, ErrorCode.UPSTREAM_FAILED, "cut\noff"), UTF_8))
                .isEqualTo("data: {\"error\":{\"message\":\"cut\\noff\",\"type\":\"upstream_error\","
                        + "\"param\":null,\"code\":\"upstream_failed\"}}\n\n");
    }
}
