package io.bactrian.telemetry;

import io.micrometer.core.instrument.MeterRegistry;

/** Counts the configurations and certificates that were read. */
public final class ReloadMeters {
    private final MeterRegistry registry;

    public ReloadMeters(MeterRegistry registry) {
        this.registry = registry;
    }

    /** The scheduling file of {@code pool} was read; {@code taken} tells whether it is in force. */
    public void reloaded(String pool, boolean taken) {
        registry.counter(MetricNames.RELOADS, "pool", pool, "result", taken ? "taken" : "refused")
                .increment();
    }

    /** A certificate was put in the place of another; {@code taken} tells whether it is shown. */
    public void certificateReloaded(boolean taken) {
        registry.counter(MetricNames.CERTIFICATE_RELOADS, "result", taken ? "taken" : "refused")
                .increment();
    }
}
