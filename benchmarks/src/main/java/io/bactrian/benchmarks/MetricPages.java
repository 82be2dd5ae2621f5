package io.bactrian.benchmarks;

import java.util.List;

/** A metric page as long as one wants, with vLLM's names, help lines and histograms. */
final class MetricPages {
    private static final List<String> GAUGES =
            List.of("vllm:num_requests_running", "vllm:num_requests_waiting", "vllm:kv_cache_usage_perc");
    private static final List<String> HISTOGRAMS = List.of(
            "vllm:time_to_first_token_seconds",
            "vllm:inter_token_latency_seconds",
            "vllm:e2e_request_latency_seconds",
            "vllm:request_queue_time_seconds",
            "vllm:request_prefill_time_seconds",
            "vllm:request_decode_time_seconds");
    private static final int BUCKETS = 20;

    private MetricPages() {}

    /** Returns a page of at least {@code bytes} bytes that ends with a whole line; the gauges stand in its middle. */
    static String page(int bytes) {
        StringBuilder page = new StringBuilder(bytes + 1024);
        int series = 0;
        while (page.length() < bytes / 2) {
            histogram(page, series++);
        }
        for (String gauge : GAUGES) {
            head(page, gauge, "gauge");
            page.append(gauge).append("{engine=\"0\",model_name=\"m\"} 0.0\n");
        }
        head(page, "vllm:cache_config_info", "gauge");
        page.append("vllm:cache_config_info{block_size=\"16\",cache_dtype=\"auto\",num_gpu_blocks=\"16384\"} 1.0\n");
        while (page.length() < bytes) {
            histogram(page, series++);
        }
        return page.toString();
    }

    private static void histogram(StringBuilder page, int series) {
        String name = HISTOGRAMS.get(series % HISTOGRAMS.size());
        head(page, name, "histogram");
        for (int bucket = 1; bucket <= BUCKETS; bucket++) {
            page.append(name).append("_bucket{engine=\"").append(series / HISTOGRAMS.size());
            page.append("\",le=\"").append(bucket * 0.05).append("\",model_name=\"m\"} ");
            page.append(bucket * 1237.0).append('\n');
        }
    }

    private static void head(StringBuilder page, String name, String type) {
        page.append("# HELP ").append(name).append(" What this metric of the model server says.\n");
        page.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    }
}
