package io.bactrian.component.nettyhttp;

import io.bactrian.endpoint.EndpointPool;
import java.util.List;
import java.util.Map;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/**
 * Tells whether requests should be sent here: not once the process is about to stop, and not while there is nobody to
 * serve them.
 */
public final class ReadinessCheck extends AbstractHealthCheck {
    private final DrainState drain;
    private final List<EndpointPool> pools;
    private final boolean needsLiving;

    /** @param needsLiving whether an endpoint that does not say that it is alive counts as none */
    public ReadinessCheck(DrainState drain, List<EndpointPool> pools, boolean needsLiving) {
        super("bactrian", "readiness");
        this.drain = drain;
        this.pools = List.copyOf(pools);
        this.needsLiving = needsLiving;
    }

    @Override
    public boolean isLiveness() {
        return false; // a process that drains must not be killed for it
    }

    @Override
    protected void doCall(HealthCheckResultBuilder result, Map<String, Object> options) {
        long endpoints = pools.stream()
                .flatMap(pool -> pool.snapshot().members().stream())
                .filter(member -> !needsLiving || member.breaker().isAlive())
                .count();
        result.detail("stage", drain.stage().name());
        result.detail("endpoints", endpoints);
        if (drain.stage() != DrainState.Stage.SERVING) {
            result.message("the router is stopping").down();
        } else if (endpoints == 0) {
            result.message(needsLiving ? "the engine does not answer" : "no pool has an endpoint")
                    .down();
        } else {
            result.up();
        }
    }
}
