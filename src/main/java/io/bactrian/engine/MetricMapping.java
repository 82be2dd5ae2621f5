package io.bactrian.engine;

/**
 * What a model server's metrics are called.
 *
 * @param waitingRequests gauge of the requests in its queue
 * @param runningRequests gauge of the requests in its running batch
 * @param kvCacheUsage gauge of the share of KV blocks in use, 0 to 1
 * @param cacheInfo a metric whose labels describe the KV cache
 * @param blockSizeLabel its label for the tokens in one KV block
 * @param kvBlocksLabel its label for the number of KV blocks
 * @param loraInfo a metric whose labels name the LoRA adapters, and whose value is the time they did
 */
public record MetricMapping(
        String waitingRequests,
        String runningRequests,
        String kvCacheUsage,
        String cacheInfo,
        String blockSizeLabel,
        String kvBlocksLabel,
        String loraInfo) {

    /** vLLM. */
    public static final MetricMapping VLLM = new MetricMapping(
            "vllm:num_requests_waiting",
            "vllm:num_requests_running",
            "vllm:kv_cache_usage_perc",
            "vllm:cache_config_info",
            "block_size",
            "num_gpu_blocks",
            "vllm:lora_requests_info");
}
