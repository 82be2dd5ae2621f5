package io.bactrian.scheduling;

import io.bactrian.endpoint.EndpointPool;
import org.jspecify.annotations.Nullable;

/**
 * A pool with the scheduler that decides over its endpoints. Safe between threads: a request asks for the scheduler once and
 * keeps it, so that a new one takes over between two requests.
 */
public final class ScheduledPool {
    private final EndpointPool pool;
    private volatile @Nullable Scheduler scheduler;
    private volatile ReadApis readApis = ReadApis.ALL;

    /** Makes a pool that has no scheduler yet. */
    public ScheduledPool(EndpointPool pool) {
        this.pool = pool;
    }

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
        Scheduler current = scheduler;
        if (current == null) {
            throw new IllegalStateException("pool " + pool.name() + " has no scheduler yet");
        }
        return current;
    }

    /** Lets {@code next} decide for the requests to come. */
    public void replaceScheduler(Scheduler next) {
        scheduler = next;
    }

    /** Returns which requests are read. */
    public ReadApis readApis() {
        return readApis;
    }

    /** Lets {@code next} tell which of the requests to come are read. */
    public void replaceReadApis(ReadApis next) {
        readApis = next;
    }
}
