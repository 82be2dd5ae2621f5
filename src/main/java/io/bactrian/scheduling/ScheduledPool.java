package io.bactrian.scheduling;

import io.bactrian.endpoint.EndpointPool;

/**
 * A pool with the scheduler that decides over its endpoints. Safe between threads: a request asks for the scheduler once and
 * keeps it, so that a new one takes over between two requests.
 */
public final class ScheduledPool {
    private final EndpointPool pool;
    private volatile Scheduler scheduler;

    public ScheduledPool(EndpointPool pool, Scheduler scheduler) {
        this.pool = pool;
        this.scheduler = scheduler;
    }

    /** Returns the endpoints. */
    public EndpointPool pool() {
        return pool;
    }

    /** Returns the scheduler for requests that come now. */
    public Scheduler scheduler() {
        return scheduler;
    }

    /** Lets {@code next} decide for the requests to come. */
    public void replaceScheduler(Scheduler next) {
        scheduler = next;
    }
}
