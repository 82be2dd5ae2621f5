package io.bactrian.engine;

import io.bactrian.endpoint.Endpoint;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which mapping is read from which endpoint's page: the one that a label of the endpoint names, else the first of which the
 * page shows anything, the default before the others.
 *
 * @param engineLabel the label that names an endpoint's engine
 * @param defaultEngine the engine of endpoints without that label
 * @param mappings by engine, in the order in which a page is tried for them
 */
public record EngineMappings(String engineLabel, String defaultEngine, Map<String, MetricMapping> mappings) {

    /** The engine that endpoints have unless something else is said. */
    public static final String DEFAULT_ENGINE = "vllm";

    /** The label that names an endpoint's engine unless the configuration says another. */
    public static final String ENGINE_LABEL = "llm-d.ai/engine-type";

    private static final String OLDER_ENGINE_LABEL = "inference.networking.k8s.io/engine-type";

    /** vLLM. */
    public static final MetricMapping VLLM = new MetricMapping(
            load("vllm:num_requests_waiting", "vllm:num_requests_running", "vllm:kv_cache_usage_perc"),
            new MetricMapping.Cache(
                    MetricSpec.parse("vllm:cache_config_info"), "block_size", "num_gpu_blocks", null, null),
            MetricSpec.parse("vllm:lora_requests_info"),
            Map.of());

    /**
     * The engines that are known without configuration, as llm-d maps them. Triton's own count of running requests is left
     * out: {@code nv_inference_exec_count} only ever grows.
     */
    public static final Map<String, MetricMapping> BUILT_IN = builtIn();

    /** vLLM unless a label or the page says otherwise. */
    public static final EngineMappings DEFAULT = new EngineMappings(ENGINE_LABEL, DEFAULT_ENGINE, BUILT_IN);

    public EngineMappings {
        mappings = Collections.unmodifiableMap(new LinkedHashMap<>(mappings));
        if (!mappings.containsKey(defaultEngine)) {
            throw new IllegalArgumentException(
                    "defaultEngine: " + defaultEngine + " (expected: one of " + mappings.keySet() + ")");
        }
    }

    /** Returns the mappings to try on the pages of {@code endpoint}, the first before the others; at least one. */
    List<MetricMapping> of(Endpoint endpoint) {
        MetricMapping named = mappings.get(engineOf(endpoint));
        if (named != null) {
            return List.of(named);
        }
        List<MetricMapping> tried = new ArrayList<>();
        mappings.forEach((engine, mapping) -> tried.add(engine.equals(defaultEngine) ? 0 : tried.size(), mapping));
        return tried;
    }

    private @Nullable String engineOf(Endpoint endpoint) {
        String engine = endpoint.labels().get(engineLabel);
        return engine == null && engineLabel.equals(ENGINE_LABEL)
                ? endpoint.labels().get(OLDER_ENGINE_LABEL)
                : engine;
    }

    private static Map<String, MetricMapping> builtIn() {
        Map<String, MetricMapping> mappings = new LinkedHashMap<>();
        mappings.put(DEFAULT_ENGINE, VLLM);
        mappings.put(
                "sglang",
                new MetricMapping(
                        load("sglang:num_queue_reqs", "sglang:num_running_reqs", "sglang:token_usage"),
                        new MetricMapping.Cache(
                                MetricSpec.parse("sglang:cache_config_info"), "page_size", "num_pages", null, null),
                        null,
                        Map.of()));
        mappings.put(
                "trtllm-serve",
                new MetricMapping(
                        load(
                                "trtllm_num_requests_waiting",
                                "trtllm_num_requests_running",
                                "trtllm_kv_cache_utilization"),
                        counted("trtllm_kv_cache_tokens_per_block", "trtllm_kv_cache_max_blocks"),
                        null,
                        Map.of()));
        mappings.put(
                "triton-tensorrt-llm",
                new MetricMapping(
                        load(
                                "nv_trt_llm_request_metrics{request_type=waiting}",
                                "nv_trt_llm_request_metrics{request_type=scheduled}",
                                "nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type=fraction}"),
                        counted(
                                "nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type=tokens_per}",
                                "nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type=max}"),
                        null,
                        Map.of()));
        mappings.put(
                "triton",
                new MetricMapping(
                        new MetricMapping.Load(MetricSpec.parse("nv_inference_pending_request_count"), null, null),
                        MetricMapping.Cache.UNKNOWN,
                        null,
                        Map.of()));
        return Collections.unmodifiableMap(mappings);
    }

    private static MetricMapping.Load load(String waiting, String running, String usage) {
        return new MetricMapping.Load(MetricSpec.parse(waiting), MetricSpec.parse(running), MetricSpec.parse(usage));
    }

    private static MetricMapping.Cache counted(String blockSize, String blocks) {
        return new MetricMapping.Cache(null, "", "", MetricSpec.parse(blockSize), MetricSpec.parse(blocks));
    }
}
