package io.bactrian.scheduling;

import io.bactrian.endpoint.EndpointPool;

/** A pool with the scheduler that decides over its endpoints. */
public record ScheduledPool(EndpointPool pool, Scheduler scheduler) {}
