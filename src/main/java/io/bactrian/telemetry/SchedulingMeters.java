package io.bactrian.telemetry;

import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.DataProducer;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.SchedulingObserver;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/** Counts what the scheduler decides and what it had to do without. Safe between threads. */
public final class SchedulingMeters implements SchedulingObserver {
    private final MeterRegistry registry;
    private final Counter successes;
    private final Counter failures;
    private final Counter producerFailures;

    public SchedulingMeters(MeterRegistry registry) {
        this.registry = registry;
        this.successes = registry.counter(MetricNames.SCHEDULER_ATTEMPTS, "status", "success");
        this.failures = registry.counter(MetricNames.SCHEDULER_ATTEMPTS, "status", "failure");
        this.producerFailures = registry.counter(MetricNames.PRODUCER_FAILURES);
    }

    @Override
    public void decided(InferenceRequest request, int candidates, Decision decision) {
        (decision instanceof Decision.Picked ? successes : failures).increment();
    }

    @Override
    public void producerFailed(DataProducer producer, Throwable cause) {
        producerFailures.increment();
    }

    @Override
    public void filterIgnored(String filterType, int ejected, int candidates) {
        registry.counter(MetricNames.FILTER_IGNORED, "filter", filterType).increment();
    }
}
