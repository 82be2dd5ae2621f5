package io.bactrian.telemetry;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.concurrent.atomic.LongAdder;

/** The metrics of requests: all have the labels {@link #LABELS}. */
final class RequestFamilies {
    /** The model asked for and served, whom the request is counted to, and how important it is. */
    static final String[] LABELS = {"model_name", "target_model_name", "fairness_id", "priority"};

    final Family<LongAdder> total;
    final Family<LongAdder> errors;
    final Family<LongAdder> running;
    final Family<Histogram> duration;
    final Family<Histogram> requestBytes;
    final Family<Histogram> responseBytes;
    final Family<Histogram> inputTokens;
    final Family<Histogram> outputTokens;
    final Family<Histogram> cachedTokens;
    final Family<Histogram> ntpot;
    final Family<Histogram> ttft;
    final Family<Histogram> tpot;
    final Family<Histogram> itl;
    final Family<LongAdder> attempts;

    RequestFamilies(PrometheusMeterRegistry registry) {
        total = Family.counters(registry, MetricNames.REQUESTS, "Requests, refused ones included.", LABELS);
        errors = Family.counters(
                registry, MetricNames.REQUEST_ERRORS, "Requests that failed, by their error.", with("error_code"));
        running = Family.levels(registry, MetricNames.REQUEST_RUNNING, "Requests at model servers.", LABELS);
        duration = histograms(
                registry, MetricNames.REQUEST_DURATION, "Time from the request read to its end.", Buckets.DURATION);
        requestBytes =
                histograms(registry, MetricNames.REQUEST_BYTES, "Length of the request's body.", Buckets.REQUEST_BYTES);
        responseBytes = histograms(
                registry, MetricNames.RESPONSE_BYTES, "Length of the answer's body.", Buckets.RESPONSE_BYTES);
        inputTokens =
                histograms(registry, MetricNames.INPUT_TOKENS, "Tokens that the model read.", Buckets.INPUT_TOKENS);
        outputTokens = histograms(
                registry, MetricNames.OUTPUT_TOKENS, "Tokens that the model generated.", Buckets.OUTPUT_TOKENS);
        cachedTokens = histograms(
                registry, MetricNames.CACHED_TOKENS, "Prompt tokens found in the KV cache.", Buckets.INPUT_TOKENS);
        ntpot = histograms(
                registry, MetricNames.REQUEST_NTPOT, "Duration divided by the generated tokens.", Buckets.NTPOT);
        ttft = Family.histograms(
                registry,
                MetricNames.REQUEST_TTFT,
                "Time from the request read to the first bytes of its answer.",
                Buckets.TTFT,
                with("streaming"));
        tpot = histograms(
                registry,
                MetricNames.STREAMING_TPOT,
                "Time from the first bytes to the end divided by the tokens after the first.",
                Buckets.TPOT);
        itl = histograms(registry, MetricNames.STREAMING_ITL, "Time between two events of a stream.", Buckets.ITL);
        attempts = Family.counters(
                registry, MetricNames.UPSTREAM_ATTEMPTS, "Endpoints that requests were sent to.", "model_name");
    }

    private static Family<Histogram> histograms(
            PrometheusMeterRegistry registry, String name, String help, Buckets buckets) {
        return Family.histograms(registry, name, help, buckets, LABELS);
    }

    private static String[] with(String label) {
        String[] labels = java.util.Arrays.copyOf(LABELS, LABELS.length + 1);
        labels[LABELS.length] = label;
        return labels;
    }
}
