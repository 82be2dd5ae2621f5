package io.bactrian.scheduling;

import io.bactrian.endpoint.EndpointPool;
import java.time.InstantSource;
import java.util.concurrent.Executor;

/**
 * What plug-ins may need of their surroundings.
 *
 * @param pool the pool whose endpoints are chosen from
 * @param observer is told of what an operator should know
 * @param workers run what would hold an event loop for too long
 * @param clock the router's clock
 */
public record PluginServices(EndpointPool pool, SchedulingObserver observer, Executor workers, InstantSource clock) {}
