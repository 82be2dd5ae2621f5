package io.bactrian.telemetry;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import java.util.function.Supplier;

/** Shows what the router holds at the moment it is asked. */
public final class RouterGauges {
    private final PrometheusMeterRegistry registry;

    public RouterGauges(PrometheusMeterRegistry registry) {
        this.registry = registry;
    }

    /** Shows the requests under way, from the door to the end of their answers. */
    public void requestsUnderWay(Supplier<Number> count) {
        Gauge.builder(MetricNames.REQUESTS_UNDER_WAY, count).register(registry);
    }

    /** Shows the bytes of request bodies held in memory. */
    public void heldBytes(Supplier<Number> bytes) {
        Gauge.builder(MetricNames.HELD_BYTES, bytes).register(registry);
    }

    /** Shows the client connections that are open. */
    public void clientConnections(Supplier<Number> count) {
        Gauge.builder(MetricNames.CLIENT_CONNECTIONS, count).register(registry);
    }

    /** Shows which build this is. */
    public void info(String version) {
        InfoSnapshot info = InfoSnapshot.builder()
                .name(MetricNames.BUILD)
                .help("Which build this is.")
                .dataPoint(InfoSnapshot.InfoDataPointSnapshot.builder()
                        .labels(Labels.of("commit", version, "build_ref", version))
                        .build())
                .build();
        registry.getPrometheusRegistry().register((Collector) () -> info);
    }
}
