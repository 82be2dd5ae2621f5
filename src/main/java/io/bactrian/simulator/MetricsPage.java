package io.bactrian.simulator;

import io.bactrian.endpoint.EndpointRole;
import io.bactrian.simulator.engine.EngineMetrics;
import io.bactrian.simulator.engine.EngineOptions;
import io.bactrian.simulator.engine.FinishReason;
import io.bactrian.simulator.engine.Histogram;
import io.bactrian.simulator.engine.InferenceEngine;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The metric page of a vLLM server, in the Prometheus text format.
 *
 * <p>Most of a page never changes: the lines of a family are put together once, up to their values. A pool of simulated
 * servers is scraped thousands of times a second.
 */
final class MetricsPage {
    static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";
    private static final int EXPECTED_BYTES = 32 * 1024;

    private final InferenceEngine engine;
    private final TransferDesk desk;
    private final String labels;
    // By family: the text before the value of each of its lines.
    private final Map<String, List<String>> lines = new HashMap<>();
    private final StringBuilder page = new StringBuilder(EXPECTED_BYTES);

    MetricsPage(String model, InferenceEngine engine, TransferDesk desk) {
        this.labels = "{model_name=\"" + escape(model) + '"';
        this.engine = engine;
        this.desk = desk;
    }

    /** Renders the page; with {@code gaugesAreNaN} no gauge says anything. */
    byte[] render(boolean gaugesAreNaN) {
        page.setLength(0);
        gauge("num_requests_running", "Requests in the running batch.", gaugesAreNaN ? Double.NaN : engine.running());
        gauge("num_requests_waiting", "Requests waiting to run.", gaugesAreNaN ? Double.NaN : engine.waiting());
        gauge("num_requests_swapped", "Requests swapped out.", gaugesAreNaN ? Double.NaN : 0);
        gauge(
                "kv_cache_usage_perc",
                "Share of KV blocks in use, 0 to 1.",
                gaugesAreNaN ? Double.NaN : engine.kvCacheUsage());
        cacheConfig();
        if (engine.options().adapters().places() > 0) {
            adapters();
        }
        counters(engine.metrics());
        engine.metrics().histograms(this::histogram);
        if (desk.role() != EndpointRole.NONE) {
            transfers(desk.snapshot());
        }
        return page.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** As vLLM shows them: those of running and of waiting requests, with the time at which that was so as the value. */
    private void adapters() {
        String name = "lora_requests_info";
        page.append(type(name, "gauge", "Running and waiting LoRA adapters."))
                .append("vllm:")
                .append(name)
                .append("{max_lora=\"")
                .append(engine.options().adapters().places())
                .append("\",running_lora_adapters=\"")
                .append(escape(String.join(",", engine.runningAdapters())))
                .append("\",waiting_lora_adapters=\"")
                .append(escape(String.join(",", engine.waitingAdapters())))
                .append("\"} ")
                .append(System.currentTimeMillis() / 1e3)
                .append('\n');
        page.append("# TYPE simulated_lora_loads_total counter\nsimulated_lora_loads_total ")
                .append(engine.adapterLoads())
                .append(".0\n");
    }

    private void cacheConfig() {
        EngineOptions options = engine.options();
        String name = "cache_config_info";
        List<String> starts = lines.computeIfAbsent(
                name,
                family -> List.of(type(family, "gauge", "Size of the KV cache.")
                        + sample(
                                family,
                                ",block_size=\"" + options.blockSizeTokens() + "\",num_gpu_blocks=\""
                                        + options.kvBlocks()
                                        + "\",num_cpu_blocks=\"0\",enable_prefix_caching=\""
                                        + (options.prefixCaching() ? "True" : "False") + '"')));
        value(starts.get(0), 1);
    }

    private void counters(EngineMetrics metrics) {
        counter("prompt_tokens_total", "Prompt tokens processed.", metrics.promptTokensTotal());
        counter("generation_tokens_total", "Tokens generated.", metrics.generationTokensTotal());
        counter("prefix_cache_queries_total", "Prompt tokens looked up.", metrics.prefixCacheQueries());
        counter("prefix_cache_hits_total", "Prompt tokens found.", metrics.prefixCacheHits());
        counter(
                "external_prefix_cache_queries_total",
                "Prompt tokens asked for elsewhere.",
                metrics.externalCacheQueries());
        counter(
                "external_prefix_cache_hits_total",
                "Prompt tokens that came from elsewhere.",
                metrics.externalCacheHits());
        counter("num_preemptions_total", "Preemptions.", metrics.preemptions());
        String name = "request_success_total";
        page.append(type(name, "counter", "Requests that ended, by reason."));
        for (FinishReason reason : FinishReason.values()) {
            value(sample(name, ",finished_reason=\"" + reason.word() + '"'), metrics.finished(reason));
        }
    }

    /** Families that no engine has: what a test wants to know of transfers. */
    private void transfers(TransferSnapshot transfers) {
        simulated("kv_pinned_blocks", "gauge", transfers.pinnedBlocks());
        simulated("kv_pinned_sets", "gauge", transfers.pinnedSets());
        simulated("kv_expired_leases_total", "counter", transfers.expiredLeases());
        simulated("kv_expired_reads_total", "counter", transfers.expiredReads());
        simulated("kv_second_reads_total", "counter", transfers.secondReads());
        simulated("kv_unknown_reads_total", "counter", transfers.unknownReads());
        simulated("kv_foreign_reads_total", "counter", transfers.foreignReads());
        simulated("kv_mismatches_total", "counter", transfers.mismatches());
        simulated("kv_transfers_total", "counter", transfers.transfers());
        simulated("kv_transferred_bytes_total", "counter", transfers.transferredBytes());
        simulated("kv_loads_total", "counter", transfers.loads());
        simulated("kv_failed_loads_total", "counter", transfers.failedLoads());
        simulated("kv_malformed_parameters_total", "counter", transfers.malformedParameters());
        simulated("kv_reused_rooms_total", "counter", transfers.reusedRooms());
        simulated("kv_below_threshold_total", "counter", transfers.belowThreshold());
        simulated("encoded_items_total", "counter", transfers.encodedItems());
        simulated("encoder_reads_total", "counter", transfers.encoderReads());
        simulated("encoder_misses_total", "counter", transfers.encoderMisses());
    }

    private void simulated(String name, String type, long value) {
        page.append("# TYPE sim:").append(name).append(' ').append(type).append('\n');
        value("sim:" + name + labels + "} ", value);
    }

    private void histogram(String name, Histogram histogram) {
        List<String> starts = lines.computeIfAbsent(name, family -> histogramLines(family, histogram));
        long cumulated = 0;
        for (int i = 0; i < histogram.buckets(); i++) {
            cumulated += histogram.count(i);
            value(starts.get(i), cumulated);
        }
        value(starts.get(histogram.buckets()), histogram.count());
        page.append(starts.get(histogram.buckets() + 1)).append(histogram.sum()).append('\n');
        value(starts.get(histogram.buckets() + 2), histogram.count());
    }

    private List<String> histogramLines(String name, Histogram histogram) {
        List<String> starts = new ArrayList<>();
        for (int i = 0; i < histogram.buckets(); i++) {
            starts.add(sample(name + "_bucket", ",le=\"" + histogram.bound(i) + '"'));
        }
        starts.add(sample(name + "_bucket", ",le=\"+Inf\""));
        starts.add(sample(name + "_sum", ""));
        starts.add(sample(name + "_count", ""));
        starts.set(0, type(name, "histogram", "Histogram of " + name + '.') + starts.get(0));
        return starts;
    }

    private void gauge(String name, String help, double value) {
        page.append(single(name, "gauge", help)).append(value).append('\n');
    }

    private void counter(String name, String help, long value) {
        value(single(name, "counter", help), value);
    }

    private String single(String name, String type, String help) {
        return lines.computeIfAbsent(name, family -> List.of(type(family, type, help) + sample(family, "")))
                .get(0);
    }

    /** Appends a whole number as vLLM's client library writes it. */
    private void value(String start, long value) {
        page.append(start).append(value).append(".0\n");
    }

    private static String type(String name, String type, String help) {
        return "# HELP vllm:" + name + ' ' + help + "\n# TYPE vllm:" + name + ' ' + type + '\n';
    }

    private String sample(String name, String moreLabels) {
        return "vllm:" + name + labels + moreLabels + "} ";
    }

    private static String escape(String label) {
        return label.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }
}
