package io.bactrian.simulator;

import io.bactrian.simulator.engine.EngineMetrics;
import io.bactrian.simulator.engine.FinishReason;
import io.bactrian.simulator.engine.Histogram;
import io.bactrian.simulator.engine.InferenceEngine;
import java.nio.charset.StandardCharsets;

/** The metric page of a vLLM server, in the Prometheus text format. */
final class MetricsPage {
    static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private final StringBuilder page = new StringBuilder(8192);
    private final String labels;
    private final boolean gaugesAreNaN;

    private MetricsPage(String model, boolean gaugesAreNaN) {
        this.labels = "model_name=\"" + escape(model) + '"';
        this.gaugesAreNaN = gaugesAreNaN;
    }

    /** Renders the page of {@code engine}; with {@code gaugesAreNaN} no gauge says anything. */
    static byte[] render(String model, InferenceEngine engine, boolean gaugesAreNaN) {
        MetricsPage page = new MetricsPage(model, gaugesAreNaN);
        page.gauges(engine);
        page.counters(engine.metrics());
        engine.metrics().histograms(page::histogram);
        return page.page.toString().getBytes(StandardCharsets.UTF_8);
    }

    private void gauges(InferenceEngine engine) {
        gauge("num_requests_running", "Requests in the running batch.", engine.running());
        gauge("num_requests_waiting", "Requests waiting to run.", engine.waiting());
        gauge("num_requests_swapped", "Requests swapped out.", 0);
        gauge("kv_cache_usage_perc", "Share of KV blocks in use, 0 to 1.", engine.kvCacheUsage());
        type("cache_config_info", "gauge", "Size of the KV cache.");
        page.append("vllm:cache_config_info{")
                .append(labels)
                .append(",block_size=\"")
                .append(engine.options().blockSizeTokens())
                .append("\",num_gpu_blocks=\"")
                .append(engine.options().kvBlocks())
                .append("\",num_cpu_blocks=\"0\",enable_prefix_caching=\"")
                .append(engine.options().prefixCaching() ? "True" : "False")
                .append("\"} 1.0\n");
    }

    private void counters(EngineMetrics metrics) {
        counter("prompt_tokens_total", "Prompt tokens processed.", metrics.promptTokensTotal());
        counter("generation_tokens_total", "Tokens generated.", metrics.generationTokensTotal());
        counter("prefix_cache_queries_total", "Prompt tokens looked up.", metrics.prefixCacheQueries());
        counter("prefix_cache_hits_total", "Prompt tokens found.", metrics.prefixCacheHits());
        counter("num_preemptions_total", "Preemptions.", metrics.preemptions());
        type("request_success_total", "counter", "Requests that ended, by reason.");
        for (FinishReason reason : FinishReason.values()) {
            page.append("vllm:request_success_total{")
                    .append(labels)
                    .append(",finished_reason=\"")
                    .append(reason.word())
                    .append("\"} ")
                    .append((double) metrics.finished(reason))
                    .append('\n');
        }
    }

    private void histogram(String name, Histogram histogram) {
        type(name, "histogram", "Histogram of " + name + '.');
        long cumulated = 0;
        for (int i = 0; i < histogram.buckets(); i++) {
            cumulated += histogram.count(i);
            bucket(name, String.valueOf(histogram.bound(i)), cumulated);
        }
        bucket(name, "+Inf", histogram.count());
        sample(name + "_sum", histogram.sum());
        sample(name + "_count", histogram.count());
    }

    private void bucket(String name, String bound, long count) {
        page.append("vllm:")
                .append(name)
                .append("_bucket{")
                .append(labels)
                .append(",le=\"")
                .append(bound)
                .append("\"} ")
                .append((double) count)
                .append('\n');
    }

    private void gauge(String name, String help, double value) {
        type(name, "gauge", help);
        sample(name, gaugesAreNaN ? Double.NaN : value);
    }

    private void counter(String name, String help, long value) {
        type(name, "counter", help);
        sample(name, value);
    }

    private void type(String name, String type, String help) {
        page.append("# HELP vllm:").append(name).append(' ').append(help).append('\n');
        page.append("# TYPE vllm:").append(name).append(' ').append(type).append('\n');
    }

    private void sample(String name, double value) {
        page.append("vllm:")
                .append(name)
                .append('{')
                .append(labels)
                .append("} ")
                .append(value)
                .append('\n');
    }

    private static String escape(String label) {
        return label.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }
}
