package io.bactrian.simulator.engine;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What an engine has done since it started, in the families a vLLM server reports. Written by the engine, to be read on
 * its thread. Bucket bounds are those of llm-d's simulator, which follow vLLM.
 */
public final class EngineMetrics {
    private static final double[] FIRST_TOKEN_SECONDS = {
        .001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560
    };
    private static final double[] TOKEN_SECONDS = {
        .01, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80
    };
    private static final double[] REQUEST_SECONDS = {
        .3, .5, .8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680
    };
    private static final double NANOS_PER_SECOND = 1e9;

    final Histogram timeToFirstToken = new Histogram(FIRST_TOKEN_SECONDS);
    final Histogram interTokenLatency = new Histogram(TOKEN_SECONDS);
    final Histogram requestTimePerOutputToken = new Histogram(TOKEN_SECONDS);
    final Histogram endToEnd = new Histogram(REQUEST_SECONDS);
    final Histogram queueTime = new Histogram(REQUEST_SECONDS);
    final Histogram inferenceTime = new Histogram(REQUEST_SECONDS);
    final Histogram prefillTime = new Histogram(REQUEST_SECONDS);
    final Histogram decodeTime = new Histogram(REQUEST_SECONDS);
    final Histogram promptTokens;
    final Histogram generationTokens;
    final Histogram maxTokens;
    final Histogram maxGenerationTokens;

    private final Map<FinishReason, Long> finished = new EnumMap<>(FinishReason.class);
    private long promptTokensTotal;
    private long generationTokensTotal;
    private long prefixCacheQueries;
    private long prefixCacheHits;
    private long externalCacheQueries;
    private long externalCacheHits;
    private long preemptions;

    EngineMetrics(long maxTokensEver) {
        double[] bounds = tokenBounds(maxTokensEver);
        promptTokens = new Histogram(bounds);
        generationTokens = new Histogram(bounds);
        maxTokens = new Histogram(bounds);
        maxGenerationTokens = new Histogram(bounds);
    }

    /** Returns tokens of prompts that began to run. */
    public long promptTokensTotal() {
        return promptTokensTotal;
    }

    /** Returns tokens generated. */
    public long generationTokensTotal() {
        return generationTokensTotal;
    }

    /** Returns prompt tokens looked up in the prefix cache. */
    public long prefixCacheQueries() {
        return prefixCacheQueries;
    }

    /** Returns prompt tokens found in the prefix cache. */
    public long prefixCacheHits() {
        return prefixCacheHits;
    }

    /** Returns prompt tokens asked for elsewhere, because the prefix cache did not have them. */
    public long externalCacheQueries() {
        return externalCacheQueries;
    }

    /** Returns prompt tokens that came from elsewhere. */
    public long externalCacheHits() {
        return externalCacheHits;
    }

    /** Returns how often a running sequence lost its blocks and had to start again. */
    public long preemptions() {
        return preemptions;
    }

    /** Returns how many sequences ended for {@code reason}. */
    public long finished(FinishReason reason) {
        return finished.getOrDefault(reason, 0L);
    }

    /** Calls {@code visitor} for every histogram with its vLLM name, without the prefix {@code vllm:}. */
    public void histograms(HistogramVisitor visitor) {
        visitor.visit("time_to_first_token_seconds", timeToFirstToken);
        // The same gaps under the older and the newer name.
        visitor.visit("time_per_output_token_seconds", interTokenLatency);
        visitor.visit("inter_token_latency_seconds", interTokenLatency);
        visitor.visit("request_time_per_output_token_seconds", requestTimePerOutputToken);
        visitor.visit("e2e_request_latency_seconds", endToEnd);
        visitor.visit("request_queue_time_seconds", queueTime);
        visitor.visit("request_inference_time_seconds", inferenceTime);
        visitor.visit("request_prefill_time_seconds", prefillTime);
        visitor.visit("request_decode_time_seconds", decodeTime);
        visitor.visit("request_prompt_tokens", promptTokens);
        visitor.visit("request_generation_tokens", generationTokens);
        visitor.visit("request_params_max_tokens", maxTokens);
        visitor.visit("request_max_num_generation_tokens", maxGenerationTokens);
    }

    /** Takes one histogram. */
    public interface HistogramVisitor {
        void visit(String name, Histogram histogram);
    }

    void admitted(Sequence sequence) {
        promptTokensTotal += sequence.promptTokens();
        prefixCacheQueries += sequence.promptTokens();
        int local = sequence.cachedTokens() - sequence.loadedTokens();
        prefixCacheHits += local;
        if (sequence.request.handoff().source() != null) {
            externalCacheQueries += sequence.promptTokens() - local;
            externalCacheHits += sequence.loadedTokens();
        }
    }

    void preempted() {
        preemptions++;
    }

    void token(Sequence sequence, long nowNanos) {
        generationTokensTotal++;
        if (sequence.generatedTokens() == 1) {
            timeToFirstToken.observe((nowNanos - sequence.arrivedNanos) / NANOS_PER_SECOND);
        } else {
            interTokenLatency.observe((nowNanos - sequence.lastTokenNanos) / NANOS_PER_SECOND);
        }
    }

    void ended(Sequence sequence, FinishReason reason, long nowNanos) {
        finished.merge(reason, 1L, Long::sum);
        if (reason == FinishReason.ABORT) {
            return;
        }
        int generated = sequence.generatedTokens();
        double decode = (nowNanos - sequence.firstTokenNanos) / NANOS_PER_SECOND;
        endToEnd.observe((nowNanos - sequence.arrivedNanos) / NANOS_PER_SECOND);
        queueTime.observe((sequence.startedNanos - sequence.arrivedNanos) / NANOS_PER_SECOND);
        prefillTime.observe((sequence.firstTokenNanos - sequence.startedNanos) / NANOS_PER_SECOND);
        decodeTime.observe(decode);
        inferenceTime.observe((nowNanos - sequence.startedNanos) / NANOS_PER_SECOND);
        if (generated > 1) {
            requestTimePerOutputToken.observe(decode / (generated - 1));
        }
        promptTokens.observe(sequence.promptTokens());
        generationTokens.observe(generated);
        maxGenerationTokens.observe(generated);
        sequence.request.maxTokens().ifPresent(maxTokens::observe);
    }

    /** 1, 2, 5, 10, 20, 50 and so on up to {@code most}. */
    private static double[] tokenBounds(long most) {
        List<Double> bounds = new ArrayList<>();
        for (long magnitude = 1; magnitude <= most; magnitude *= 10) {
            for (int factor : new int[] {1, 2, 5}) {
                if (magnitude * factor <= most) {
                    bounds.add((double) (magnitude * factor));
                }
            }
        }
        return bounds.stream().mapToDouble(Double::doubleValue).toArray();
    }
}
