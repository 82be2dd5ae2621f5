package io.bactrian.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.EndpointMetrics;
import io.bactrian.endpoint.Signal;
import io.bactrian.request.DataKey;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Section 1 of llm-d's metrics: engines and their mappings. */
class CoreMetricsExtractorTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final Duration SLACK = Duration.ofSeconds(30);

    private static final Map<String, String> PAGES = Map.of(
            "vllm", """
                    vllm:num_requests_running{model_name="m"} 3
                    vllm:num_requests_waiting{model_name="m"} 2
                    vllm:kv_cache_usage_perc{model_name="m"} 0.42
                    vllm:cache_config_info{block_size="16",num_gpu_blocks="20000"} 1
                    """,
            "sglang", """
                    sglang:num_running_reqs{model_name="m"} 3
                    sglang:num_queue_reqs{model_name="m"} 2
                    sglang:token_usage{model_name="m"} 0.42
                    sglang:cache_config_info{page_size="16",num_pages="20000"} 1
                    """,
            "trtllm-serve", """
                    trtllm_num_requests_running 3
                    trtllm_num_requests_waiting 2
                    trtllm_kv_cache_utilization 0.42
                    trtllm_kv_cache_tokens_per_block 16
                    trtllm_kv_cache_max_blocks 20000
                    """,
            "triton-tensorrt-llm", """
                    nv_trt_llm_request_metrics{model="m",request_type="active",version="1"} 9
                    nv_trt_llm_request_metrics{model="m",request_type="scheduled",version="1"} 3
                    nv_trt_llm_request_metrics{model="m",request_type="waiting",version="1"} 2
                    nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="fraction",model="m"} 0.42
                    nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="tokens_per",model="m"} 16
                    nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="max",model="m"} 20000
                    nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="used",model="m"} 8400
                    """);

    @ParameterizedTest
    @CsvSource({"vllm", "sglang", "trtllm-serve", "triton-tensorrt-llm"})
    void aPageTellsWhichEngineItIs(String engine) {
        PageReader reader = reader(EngineMappings.DEFAULT, Map.of());

        EndpointMetrics metrics = read(reader, PAGES.getOrDefault(engine, ""));

        assertThat(metrics.waitingRequests()).isEqualTo(Signal.of(2, NOW, SLACK));
        assertThat(metrics.runningRequests()).isEqualTo(Signal.of(3, NOW, SLACK));
        assertThat(metrics.kvCacheUsage()).isEqualTo(Signal.of(0.42, NOW, SLACK));
        assertThat(metrics.blockSizeTokens()).hasValue(16);
        assertThat(metrics.kvBlocks()).hasValue(20000);
        assertThat(reader.lacked()).isFalse();
    }

    @Test
    void tritonTellsItsQueueAlone() {
        EndpointMetrics metrics = read(
                reader(EngineMappings.DEFAULT, Map.of()),
                "nv_inference_pending_request_count{model=\"m\"} 4\nnv_inference_exec_count{model=\"m\"} 123456\n");

        assertThat(metrics.waitingRequests().value()).isEqualTo(4);
        assertThat(metrics.runningRequests())
                .as("a count that only grows is no level")
                .isEqualTo(Signal.ABSENT);
    }

    @Test
    void anotherEngineAtTheSameAddressIsNoticed() {
        PageReader reader = reader(EngineMappings.DEFAULT, Map.of());
        read(reader, PAGES.getOrDefault("sglang", ""));

        read(reader, PAGES.getOrDefault("vllm", ""));
        EndpointMetrics second = read(reader, PAGES.getOrDefault("vllm", ""));

        assertThat(second.waitingRequests().value()).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({
        "llm-d.ai/engine-type, sglang, 5",
        "inference.networking.k8s.io/engine-type, sglang, 5",
        "llm-d.ai/engine-type, vllm, 2",
        "llm-d.ai/engine-type, unheard-of, 2",
        "other, sglang, 2"
    })
    void aLabelNamesTheEngine(String label, String engine, double waiting) {
        PageReader reader = reader(EngineMappings.DEFAULT, Map.of(label, engine));

        EndpointMetrics metrics = read(reader, "sglang:num_queue_reqs 5\nvllm:num_requests_waiting 2\n");

        assertThat(metrics.waitingRequests().value()).isEqualTo(waiting);
    }

    @Test
    void anEngineOfTheConfigurationIsReadByItsOwnNames() {
        DataKey<Double> power = new DataKey<>("powerWatts", "core-metrics-extractor");
        Map<String, MetricMapping> mappings = new LinkedHashMap<>(EngineMappings.BUILT_IN);
        mappings.put(
                "mine",
                new MetricMapping(
                        new MetricMapping.Load(MetricSpec.parse("my_q{state=waiting}"), null, null),
                        MetricMapping.Cache.UNKNOWN,
                        null,
                        Map.of(power, MetricSpec.parse("w"))));
        PageReader reader = reader(new EngineMappings("engine", "vllm", mappings), Map.of("engine", "mine"));

        EndpointMetrics metrics = read(
                reader, "my_q{state=\"running\"} 7\nmy_q{state=\"waiting\"} 1\nw{gpu=\"1\"} 310.5\nw{gpu=\"0\"} 290\n");

        assertThat(metrics.waitingRequests().value()).isEqualTo(1);
        assertThat(metrics.custom()).isEqualTo(Map.of(power, Signal.of(310.5, NOW, SLACK)));
        assertThat(reader.lacked()).isFalse();
        assertThat(read(reader, "w 1\n").custom()).isEqualTo(Map.of(power, Signal.of(1, NOW, SLACK)));
        assertThat(reader.lacked()).as("a page without its queue").isTrue();
    }

    private static PageReader reader(EngineMappings mappings, Map<String, String> labels) {
        Endpoint endpoint = new Endpoint("p", "e", new InetSocketAddress(InetAddress.getLoopbackAddress(), 1), labels);
        return new CoreMetricsExtractor(mappings).reader(endpoint, SLACK);
    }

    private static EndpointMetrics read(PageReader reader, String page) {
        reader.feed(ByteBuffer.wrap(page.getBytes(UTF_8)));
        return reader.finish(EndpointMetrics.NONE, NOW);
    }
}
