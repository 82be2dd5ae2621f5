package io.bactrian.telemetry;

import io.bactrian.endpoint.EndpointPool;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.Supplier;

/** Shows what the router holds at the moment it is asked. */
public final class RouterGauges {
    private final MeterRegistry registry;

    public RouterGauges(MeterRegistry registry) {
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

    /** Shows how many endpoints of {@code pool} are not left out by their breakers. */
    public void readyEndpoints(EndpointPool pool) {
        Gauge.builder(MetricNames.READY_ENDPOINTS, pool, RouterGauges::ready)
                .tag("name", pool.name())
                .register(registry);
    }

    private static double ready(EndpointPool pool) {
        return pool.snapshot().members().stream()
                .filter(member -> !member.breaker().isBroken())
                .count();
    }

    /** Shows which build this is. */
    public void info(String version) {
        Gauge.builder(MetricNames.INFO, () -> 1)
                .tag("commit", version)
                .tag("build_ref", version)
                .register(registry);
    }
}
