package io.bactrian.scheduling;

import io.bactrian.endpoint.EndpointPool;

/**
 * What plug-ins may need of their surroundings.
 *
 * @param pool the pool whose endpoints are chosen from
 */
public record PluginServices(EndpointPool pool, SchedulingObserver observer) {}
