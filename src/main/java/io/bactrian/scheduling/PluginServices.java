package io.bactrian.scheduling;

import io.bactrian.endpoint.EndpointPool;
import java.time.InstantSource;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What plug-ins may need of their surroundings.
 *
 * @param pool the pool whose endpoints are chosen from
 * @param observer is told of what an operator should know
 * @param workers run what would hold an event loop for too long
 * @param clock the router's clock
 * @param beans finds what is bound under a name in Camel's registry; null if nothing is
 */
public record PluginServices(
        EndpointPool pool,
        SchedulingObserver observer,
        Executor workers,
        InstantSource clock,
        Function<String, @Nullable Object> beans) {

    /** Surroundings without beans. */
    public PluginServices(EndpointPool pool, SchedulingObserver observer, Executor workers, InstantSource clock) {
        this(pool, observer, workers, clock, name -> null);
    }
}
