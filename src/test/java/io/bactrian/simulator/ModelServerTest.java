package io.bactrian.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ModelServerTest {
    private final ServerFixture fixture = new ServerFixture();

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void listsItsModelAndAliases() throws Exception {
        SimulatedModelServer server =
                fixture.start(options -> options.models("base", "alias").maxModelTokens(5000));

        JsonNode models = ServerFixture.json(fixture.get(server, "/v1/models"));

        assertThat(models.path("data").findValuesAsText("id")).containsExactly("base", "alias");
        assertThat(models.path("data").path(1).path("root").asText()).isEqualTo("base");
        assertThat(models.path("data").path(0).path("max_model_len").asInt()).isEqualTo(5000);
    }

    @Test
    void isHealthyAtOnceButReadyOnlyAfterItsStartup() throws Exception {
        SimulatedModelServer starting = fixture.start(options -> options.startupDuration(Duration.ofHours(1)));
        SimulatedModelServer started = fixture.start();

        assertThat(fixture.get(starting, "/health").statusCode()).isEqualTo(200);
        assertThat(fixture.get(starting, "/health/ready").statusCode()).isEqualTo(503);
        assertThat(fixture.get(started, "/health/ready").statusCode()).isEqualTo(200);
    }

    @Test
    void knowsItsPathsAndTheirMethods() throws Exception {
        SimulatedModelServer server = fixture.start();

        assertThat(fixture.get(server, "/v1/nothing").statusCode()).isEqualTo(404);
        HttpResponse<String> get = fixture.get(server, "/v1/completions");
        assertThat(get.statusCode()).isEqualTo(405);
        assertThat(get.headers().firstValue("allow")).contains("POST");
        assertThat(get.headers().firstValue("x-bactrian-simulated")).contains("true");
        assertThat(fixture.post(server, "/admin/config", "{}").statusCode()).isEqualTo(200);
    }

    @Test
    void refusesBodiesOverItsLimit() throws Exception {
        SimulatedModelServer server = fixture.start(options -> options.maxRequestBytes(100));

        try (RawConnection connection = new RawConnection(server)) {
            connection.send("POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n");
            assertThat(connection.readTextToEnd())
                    .startsWith("HTTP/1.1 413 ")
                    .contains("x-bactrian-simulated: true")
                    .contains("body: too long (expected: at most 100 bytes)");
        }
    }

    @Test
    void answersWhatIsNotHttpWithAnError() throws Exception {
        SimulatedModelServer server = fixture.start();

        try (RawConnection connection = new RawConnection(server)) {
            connection.send("nonsense\r\n\r\n");
            assertThat(connection.readTextToEnd()).startsWith("HTTP/1.1 400 ").contains("request: not HTTP");
        }
    }

    @Test
    void servesPipelinedRequestsInOrder() throws Exception {
        SimulatedModelServer server = fixture.start();
        String stream = "{\"prompt\":\"x\",\"max_tokens\":2,\"ignore_eos\":true,\"stream\":true}";

        try (RawConnection connection = new RawConnection(server)) {
            String post = "POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: " + stream.length() + "\r\n\r\n"
                    + stream;
            connection.send(post + "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
                    + post.replace("1.1\r\n", "1.1\r\nConnection: close\r\n"));
            String all = connection.readTextToEnd();
            assertThat(all.split("HTTP/1.1 200 OK", -1)).hasSize(4);
            assertThat(all.indexOf("content-length: 0")).isBetween(all.indexOf("[DONE]"), all.lastIndexOf("[DONE]"));
        }
    }

    @Test
    void endsAStreamToAnOldClientWithItsConnection() throws Exception {
        SimulatedModelServer server = fixture.start();

        try (RawConnection connection = new RawConnection(server)) {
            connection.post("/v1/completions", "{\"prompt\":\"x\",\"stream\":true}", "HTTP/1.0");
            assertThat(connection.readTextToEnd())
                    .doesNotContain("transfer-encoding")
                    .endsWith("data: [DONE]\n\n");
        }
    }

    @Test
    void showsVllmMetrics() throws Exception {
        SimulatedModelServer server =
                fixture.start(options -> options.kvBlocks(500).blockSizeTokens(8));
        fixture.post(server, "/v1/completions", "{\"prompt\":\"one two three\",\"max_tokens\":4,\"ignore_eos\":true}");

        HttpResponse<String> page = fixture.get(server, "/metrics");

        assertThat(page.headers().firstValue("content-type")).contains("text/plain; version=0.0.4; charset=utf-8");
        assertThat(page.body().lines())
                .contains(
                        "# TYPE vllm:num_requests_running gauge",
                        "vllm:num_requests_running{model_name=\"demo\"} 0.0",
                        "vllm:num_requests_waiting{model_name=\"demo\"} 0.0",
                        "vllm:kv_cache_usage_perc{model_name=\"demo\"} 0.0",
                        "vllm:cache_config_info{model_name=\"demo\",block_size=\"8\",num_gpu_blocks=\"500\","
                                + "num_cpu_blocks=\"0\",enable_prefix_caching=\"True\"} 1.0",
                        "vllm:prompt_tokens_total{model_name=\"demo\"} 3.0",
                        "vllm:generation_tokens_total{model_name=\"demo\"} 4.0",
                        "vllm:request_success_total{model_name=\"demo\",finished_reason=\"length\"} 1.0",
                        "vllm:request_success_total{model_name=\"demo\",finished_reason=\"abort\"} 0.0",
                        "vllm:time_to_first_token_seconds_bucket{model_name=\"demo\",le=\"+Inf\"} 1.0",
                        "vllm:inter_token_latency_seconds_count{model_name=\"demo\"} 3.0",
                        "vllm:request_generation_tokens_bucket{model_name=\"demo\",le=\"2.0\"} 0.0",
                        "vllm:request_generation_tokens_bucket{model_name=\"demo\",le=\"5.0\"} 1.0",
                        "vllm:request_params_max_tokens_sum{model_name=\"demo\"} 4.0",
                        "vllm:e2e_request_latency_seconds_count{model_name=\"demo\"} 1.0");
    }

    @Test
    void showsWhatRunsAndWhatWaits() throws Exception {
        SimulatedModelServer server =
                fixture.start(options -> options.maxSequences(1).kvBlocks(10).latency(LatencyProfiles.of("8b-h100")));
        String body = "{\"prompt\":\"x\",\"max_tokens\":100,\"ignore_eos\":true,\"stream\":true}";

        try (RawConnection first = new RawConnection(server);
                RawConnection second = new RawConnection(server)) {
            first.post("/v1/completions", body);
            first.readUntil("data: ");
            second.post("/v1/completions", body);
            ServerFixture.await(server, snapshot -> snapshot.waitingSequences() == 1);

            assertThat(fixture.get(server, "/metrics").body().lines())
                    .contains(
                            "vllm:num_requests_running{model_name=\"demo\"} 1.0",
                            "vllm:num_requests_waiting{model_name=\"demo\"} 1.0")
                    .doesNotContain("vllm:kv_cache_usage_perc{model_name=\"demo\"} 0.0");
        }
    }

    @Test
    void freezesItsMetricsShowsNoNumbersOrFails() throws Exception {
        SimulatedModelServer server = fixture.start();
        String frozen = fixture.get(server, "/metrics").body();
        server.metrics(MetricsMode.FROZEN);
        fixture.post(server, "/v1/completions", "{\"prompt\":\"x\"}");

        assertThat(fixture.get(server, "/metrics").body()).isEqualTo(frozen);
        server.metrics(MetricsMode.NAN);
        assertThat(fixture.get(server, "/metrics").body())
                .contains("vllm:num_requests_waiting{model_name=\"demo\"} NaN");
        server.metrics(MetricsMode.FAILING);
        assertThat(fixture.get(server, "/metrics").statusCode()).isEqualTo(500);
        server.metrics(MetricsMode.LIVE);
        assertThat(fixture.get(server, "/metrics").body()).isNotEqualTo(frozen).doesNotContain("NaN");
    }

    @Test
    void changesItsConfigurationAllOrNothing() throws Exception {
        SimulatedModelServer server = fixture.start(options -> options.latency(LatencyProfiles.of("8b-h100")));
        String before = fixture.get(server, "/admin/config").body();
        assertThat(ServerFixture.JSON.readTree(before).path("step-overhead").asText())
                .isEqualTo("8ms");

        for (String wrong : new String[] {
            "{\"failure-injection-rate\":50,\"no-such-key\":1}",
            "{\"step-overhead\":\"1ms\",\"failure-injection-rate\":101}",
            "{\"metrics-mode\":\"nan\",\"step-overhead\":\"fast\"}",
            "{\"latency-calculator\":\"constant\",\"inter-token-latency\":\"10ms\",\"inter-token-latency-std-dev\":\"9ms\"}",
            "{\"failure-types\":[\"fire\"]}",
            "[]"
        }) {
            assertThat(fixture.post(server, "/admin/config", wrong).statusCode())
                    .as(wrong)
                    .isEqualTo(400);
            assertThat(fixture.get(server, "/admin/config").body()).isEqualTo(before);
        }

        JsonNode changed = ServerFixture.json(
                fixture.post(
                        server,
                        "/admin/config",
                        "{\"latency-calculator\":\"per-token\",\"inter-token-latency\":2,\"prefill-time-per-token\":\"250us\","
                                + "\"failure-injection-rate\":100,\"failure-types\":[\"rate_limit\"],\"metrics-mode\":\"failing\"}"));

        assertThat(changed.path("inter-token-latency").asText()).isEqualTo("2ms");
        assertThat(changed.path("prefill-time-per-token").asText()).isEqualTo("250us");
        assertThat(fixture.get(server, "/metrics").statusCode()).isEqualTo(500);
        assertThat(fixture.post(server, "/v1/completions", "{\"prompt\":\"x\"}").statusCode())
                .isEqualTo(429);
    }

    @Test
    void tellsWhatItReceived() throws Exception {
        BlockingQueue<ReceivedRequest> received = new LinkedBlockingQueue<>();
        try (SimulatedModelServer server = SimulatedModelServer.builder()
                .eventLoops(fixture.loops())
                .onRequest(received::add)
                .start()) {
            HttpRequest.Builder request =
                    fixture.request(server, "/v1/none?q=1", "{\"é\":1}", "Authorization", "Bearer x");
            fixture.send(request);
        }

        ReceivedRequest request = received.take();
        assertThat(request.method()).isEqualTo("POST");
        assertThat(request.target()).isEqualTo("/v1/none?q=1");
        assertThat(request.header("authorization")).contains("Bearer x");
        assertThat(request.bodyText()).isEqualTo("{\"é\":1}");
    }
}
