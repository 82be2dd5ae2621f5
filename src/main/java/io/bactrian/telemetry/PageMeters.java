package io.bactrian.telemetry;

import io.bactrian.relay.PageObserver;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.concurrent.atomic.LongAdder;

/** Counts the pages of model servers that did not bring what they should. */
public final class PageMeters implements PageObserver {
    private final Family<LongAdder> pollErrors;
    private final Family<LongAdder> extractErrors;

    public PageMeters(PrometheusMeterRegistry registry) {
        this.pollErrors = Family.counters(
                registry, MetricNames.POLL_ERRORS, "Pages of model servers that could not be read.", "source_type");
        this.extractErrors = Family.counters(
                registry,
                MetricNames.EXTRACT_ERRORS,
                "Pages of model servers that lacked something.",
                "source_type",
                "extractor_type");
    }

    /** Shows zeros, which a dashboard can tell from nothing. */
    @Override
    public void reads(String sourceType, String extractorType) {
        pollErrors.series(sourceType);
        extractErrors.series(sourceType, extractorType);
    }

    @Override
    public void pollFailed(String sourceType) {
        pollErrors.series(sourceType).increment();
    }

    @Override
    public void extractFailed(String sourceType, String extractorType) {
        extractErrors.series(sourceType, extractorType).increment();
    }
}
