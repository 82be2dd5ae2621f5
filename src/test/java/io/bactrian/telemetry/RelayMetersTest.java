package io.bactrian.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.api.TokenUsage;
import io.bactrian.relay.RelayRecord;
import io.bactrian.request.Api;
import io.bactrian.request.Finish.Outcome;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.Prompt;
import io.bactrian.request.RequestContext;
import io.bactrian.request.RequestHeaders;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class RelayMetersTest {
    private static final String LABELS =
            "{fairness_id=\"default-flow\",model_name=\"m\",priority=\"0\",target_model_name=\"m\"}";

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final RelayMeters meters = new RelayMeters(registry);

    @Test
    void countsRequestsAndTokensUnderTheNamesOfLlmD() {
        meters.ended(record(200, Outcome.COMPLETED));
        meters.ended(record(200, Outcome.COMPLETED));

        assertThat(registry.scrape())
                .contains("llm_d_epp_request_total" + LABELS + " 2.0")
                .contains("llm_d_epp_request_input_tokens_sum" + LABELS + " 20.0")
                .contains("llm_d_epp_request_output_tokens_sum" + LABELS + " 6.0")
                .contains("llm_d_epp_request_cached_tokens_sum" + LABELS + " 8.0")
                .contains("llm_d_epp_request_duration_seconds_sum" + LABELS + " 4.0")
                .contains("llm_d_epp_request_ttft_seconds_bucket{fairness_id=\"default-flow\",model_name=\"m\","
                        + "priority=\"0\",streaming=\"true\",target_model_name=\"m\",le=\"0.6\"} 2")
                .doesNotContain("llm_d_epp_request_error_total");
    }

    @Test
    void countsErrorsByTheirKind() {
        meters.ended(record(500, Outcome.COMPLETED));
        meters.ended(record(200, Outcome.UPSTREAM_CUT));
        meters.ended(record(200, Outcome.CLIENT_LEFT));

        assertThat(registry.scrape())
                .contains(
                        "error_code=\"ModelServerError\"" + LABELS.substring(1).replaceAll("^", ",") + " 2.0")
                .contains("error_code=\"ClientLeft\"");
    }

    private static RelayRecord record(int status, Outcome outcome) {
        InferenceRequest request = new InferenceRequest(
                "r",
                Api.CHAT_COMPLETIONS,
                "m",
                "",
                "",
                true,
                false,
                OptionalInt.empty(),
                Prompt.NONE,
                100,
                new RequestContext(RequestHeaders.NONE));
        TokenUsage usage = TokenUsage.estimate(10, 3).merge(new TokenUsage(10, 3, OptionalInt.of(4), 13, false));
        return new RelayRecord(
                request,
                "pool",
                "127.0.0.1:1",
                status,
                outcome,
                usage,
                1,
                Optional.of(Duration.ofMillis(500)),
                Duration.ofSeconds(2));
    }
}
