package io.bactrian.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.api.TokenUsage;
import io.bactrian.fixture.InferenceRequests;
import io.bactrian.relay.RelayRecord;
import io.bactrian.relay.RelayTimes;
import io.bactrian.relay.UnsentRecord;
import io.bactrian.request.Api;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.Finish.Outcome;
import io.bactrian.request.InferenceException;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.Prompt;
import io.bactrian.request.RequestContext;
import io.bactrian.request.RequestHeaders;
import io.bactrian.request.RequestTrace;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RelayMetersTest {
    private static final String LABELS =
            "{fairness_id=\"default-flow\",model_name=\"m\",priority=\"0\",target_model_name=\"m\"}";

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final RelayMeters meters = new RelayMeters(registry, Set.of("m"));

    @Test
    void countsRequestsAndTokensUnderTheNamesOfLlmD() {
        meters.ended(record(200, Outcome.COMPLETED));
        meters.ended(record(200, Outcome.COMPLETED));

        assertThat(registry.scrape())
                .contains("llm_d_epp_response_size_bytes_sum" + LABELS + " 1280.0")
                .contains("llm_d_epp_request_running" + LABELS + " -2.0")
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

    @Test
    void measuresTheTimeOfATokenInWholeAnswersOnly() {
        meters.ended(record(200, Outcome.COMPLETED)); // 3 tokens in 2 s, the first after 0.5 s
        meters.ended(record(200, Outcome.CLIENT_LEFT));

        assertThat(registry.scrape())
                .contains("llm_d_epp_request_streaming_tpot_seconds_sum" + LABELS + " 0.75")
                .contains("llm_d_epp_request_streaming_tpot_seconds_count" + LABELS + " 1")
                .contains("llm_d_epp_request_ntpot_seconds_sum" + LABELS + " 0.666666666")
                .contains("llm_d_epp_request_ttft_seconds_count{fairness_id=\"default-flow\",model_name=\"m\","
                        + "priority=\"0\",streaming=\"true\",target_model_name=\"m\"} 2");
    }

    @Test
    void countsARefusedRequestUnderTheErrorOfLlmD() {
        meters.unsent(UnsentRecord.turnedAway(new InferenceException(ErrorCode.SATURATED, "full")));

        assertThat(registry.scrape())
                .contains("request_error_total{error_code=\"ResourceExhausted\",fairness_id=\"default-flow\","
                        + "model_name=\"\",priority=\"0\",target_model_name=\"\"} 1.0")
                .contains("request_total{fairness_id=\"default-flow\",model_name=\"\"");
    }

    @Test
    void theThousandAndFirstModelIsOther() {
        for (int i = 1; i <= 1002; i++) {
            meters.began(InferenceRequests.completion("model-" + i, "", "", Prompt.NONE));
        }
        meters.began(InferenceRequests.completion("m", "", "", Prompt.NONE));

        assertThat(registry.scrape())
                .contains("request_running{fairness_id=\"default-flow\",model_name=\"model-1000\"")
                .doesNotContain("model_name=\"model-1001\"")
                .contains("request_running" + LABELS.replace("\"m\"", "\"other\"") + " 2.0")
                .contains("request_running" + LABELS + " 1.0");
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
                null,
                usage,
                1,
                640,
                new RelayTimes(0, 1_000_000, 500_000_000, 2_000_000_000, 2_000_000_000),
                RequestTrace.NONE,
                null);
    }
}
