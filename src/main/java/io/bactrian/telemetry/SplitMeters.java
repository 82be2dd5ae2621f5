package io.bactrian.telemetry;

import io.bactrian.disaggregation.SplitObserver;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;

/** Counts and measures what becomes of requests whose prefill and decode are split. Safe between threads. */
public final class SplitMeters implements SplitObserver {
    private static final String CONNECTOR = "connector";

    private final Family<LongAdder> requests;
    private final Family<Histogram> prefills;
    private final Family<Histogram> encodings;
    private final Family<LongAdder> encoded;
    private final Family<Histogram> handoffs;
    private final Family<Histogram> firstTokens;
    private final Family<LongAdder> retries;
    private final Family<LongAdder> fallbacks;
    private final Family<LongAdder> trials;
    private final Family<LongAdder> legs;
    private final Family<LongAdder> stranded;

    public SplitMeters(PrometheusMeterRegistry registry) {
        requests = Family.counters(
                registry, MetricNames.SPLIT_REQUESTS, "Requests that were split, by their end.", CONNECTOR, "outcome");
        prefills = Family.histograms(
                registry,
                MetricNames.SPLIT_PREFILL,
                "Time a prefill endpoint takes to compute a prompt.",
                Buckets.TTFT,
                CONNECTOR);
        encodings = Family.histograms(
                registry,
                MetricNames.SPLIT_ENCODE,
                "Time until all media of a chat are encoded apart.",
                Buckets.TTFT,
                CONNECTOR);
        encoded = Family.counters(
                registry,
                MetricNames.SPLIT_ENCODED,
                "Images, videos and sounds sent to be encoded apart, by what came of it.",
                "outcome");
        handoffs = Family.histograms(
                registry,
                MetricNames.SPLIT_HANDOFF,
                "Time from the computed prompt to the first token.",
                Buckets.TTFT,
                CONNECTOR);
        firstTokens = Family.histograms(
                registry,
                MetricNames.SPLIT_TTFT,
                "Time to the first token of split requests that stream.",
                Buckets.TTFT,
                CONNECTOR);
        retries = Family.counters(registry, MetricNames.SPLIT_RETRIES, "Other prefill endpoints asked.", "reason");
        fallbacks = Family.counters(
                registry,
                MetricNames.SPLIT_FALLBACKS,
                "Prompts that the decode endpoint computed after all.",
                "reason");
        trials = Family.counters(
                registry,
                MetricNames.SPLIT_TRIALS,
                "Decode endpoints asked before a prompt was computed, by what they said.",
                "outcome");
        legs = Family.levels(registry, MetricNames.SPLIT_LEGS, "Legs under way.", "stage");
        stranded = Family.counters(
                registry, MetricNames.SPLIT_STRANDED, "Blocks that a client left behind, by what was done.", "action");
    }

    @Override
    public void legBegan(String stage) {
        legs.series(stage).increment();
    }

    @Override
    public void legEnded(String stage) {
        legs.series(stage).decrement();
    }

    @Override
    public void prefillTook(String connector, long nanos) {
        prefills.series(connector).record(nanos);
    }

    @Override
    public void encoded(String outcome) {
        encoded.series(outcome).increment();
    }

    @Override
    public void encodingTook(String connector, long nanos) {
        encodings.series(connector).record(nanos);
    }

    @Override
    public void handoffTook(String connector, long nanos) {
        handoffs.series(connector).record(nanos);
    }

    @Override
    public void firstToken(String connector, long nanos) {
        firstTokens.series(connector).record(nanos);
    }

    @Override
    public void prefillRetried(String reason) {
        retries.series(reason).increment();
    }

    @Override
    public void tried(String outcome) {
        trials.series(outcome).increment();
    }

    @Override
    public void fellBack(String reason) {
        fallbacks.series(reason).increment();
    }

    @Override
    public void stranded(String action) {
        stranded.series(action).increment();
    }

    @Override
    public void ended(String connector, Outcome outcome) {
        requests.series(connector, outcome.name().toLowerCase(Locale.ROOT)).increment();
    }
}
