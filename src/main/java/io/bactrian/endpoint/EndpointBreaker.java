package io.bactrian.endpoint;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.time.Clock;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leaves an endpoint out while it fails. One for each endpoint; safe between threads.
 *
 * <p>Whoever sends a request takes a {@link Permission} first and gives it exactly one outcome.
 *
 * <p>resilience4j's state machine decides. Two things stand around it. It takes an outcome for the state it is in when
 * the outcome comes: a stream that began before the endpoint broke and ends well would count as a probe. So a permission
 * belongs to the phase (the time between two changes of state) it was taken in, and its outcome is dropped in any other.
 * And it does not tell when an open breaker's wait is over or how many probes are left, which choosing must know. A
 * monitor makes a change of state and its phase one step; it costs tens of nanoseconds and waits for no I/O.
 */
public final class EndpointBreaker {
    private static final Logger LOG = LoggerFactory.getLogger(EndpointBreaker.class);

    private final CircuitBreaker breaker;
    private final BreakerSettings settings;
    private final Clock clock;
    private volatile Phase phase;
    private volatile boolean alive = true;

    EndpointBreaker(CircuitBreaker breaker, BreakerSettings settings, Clock clock) {
        this.breaker = breaker;
        this.settings = settings;
        this.clock = clock;
        this.phase = new Phase(breaker.getState(), clock.instant());
    }

    /**
     * Tells whether a request may be sent to the endpoint now: it is healthy, or it is time for a probe. Takes nothing,
     * so that an endpoint which is considered but not chosen loses no probe.
     */
    public boolean wouldPermit() {
        if (!alive) {
            return false;
        }
        Phase current = phase;
        return switch (current.state) {
            case OPEN, FORCED_OPEN -> clock.instant().isAfter(current.since.plus(settings.openFor()));
            case HALF_OPEN -> current.probes < settings.probes();
            default -> true;
        };
    }

    /** Returns the permission to send one request, or null when the endpoint is left out. */
    public synchronized @Nullable Permission tryAcquire() {
        if (!alive) {
            return null;
        }
        boolean permitted = breaker.tryAcquirePermission();
        noteTransition();
        if (!permitted) {
            return null;
        }
        phase.probes++;
        return new Permission(phase);
    }

    /**
     * Returns the permission to send one request even if the endpoint is left out; for when so much of a pool fails that
     * leaving it out would only overload the rest. The outcome then counts only where it is a regular probe.
     */
    public synchronized Permission acquireAnyway() {
        Permission regular = tryAcquire();
        return regular != null ? regular : new Permission(null);
    }

    /** Notes what health checks say: an endpoint that is not alive is left out, and not probed by requests. */
    public void setAlive(boolean isAlive) {
        alive = isAlive;
    }

    /** Tells whether health checks find the endpoint alive. */
    public boolean isAlive() {
        return alive;
    }

    /** Tells whether the endpoint is left out or being probed. */
    public boolean isBroken() {
        CircuitBreaker.State state = phase.state;
        return !alive || state == CircuitBreaker.State.OPEN || state == CircuitBreaker.State.HALF_OPEN;
    }

    /**
     * Enters a new phase if the state has changed. Asked for after every step, under the monitor: a listener of the
     * breaker would make it build an event with a time stamp for every outcome of every request.
     */
    private void noteTransition() {
        CircuitBreaker.State now = breaker.getState();
        if (now != phase.state) {
            LOG.info("endpoint {}: breaker {} (was {})", breaker.getName(), now, phase.state);
            phase = new Phase(now, clock.instant());
        }
    }

    /** The time between two changes of state. */
    private static final class Phase {
        final CircuitBreaker.State state;
        final Instant since;
        volatile int probes; // permissions taken and not released; written under the breaker's monitor

        Phase(CircuitBreaker.State state, Instant since) {
            this.state = state;
            this.since = since;
        }
    }

    /** The right to send one request; the first outcome counts, and any further has no effect. */
    public final class Permission {
        private final @Nullable Phase taken;
        private final AtomicBoolean open = new AtomicBoolean(true);

        private Permission(@Nullable Phase taken) {
            this.taken = taken;
        }

        /** The endpoint served the request, be it with an answer that blames the client or asks for patience. */
        public void success() {
            synchronized (EndpointBreaker.this) {
                if (closes()) {
                    breaker.onSuccess(0, TimeUnit.NANOSECONDS); // no duration: a long stream is not a slow one
                    noteTransition();
                }
            }
        }

        /** The endpoint failed: no connection, a 5xx, no first byte in time, an answer cut short. */
        public void error(Throwable cause) {
            synchronized (EndpointBreaker.this) {
                if (closes()) {
                    breaker.onError(0, TimeUnit.NANOSECONDS, cause);
                    noteTransition();
                }
            }
        }

        /** Nothing was learnt about the endpoint, because the client left first or the request was never sent. */
        public void released() {
            synchronized (EndpointBreaker.this) {
                if (closes()) {
                    breaker.releasePermission();
                    phase.probes--;
                    noteTransition();
                }
            }
        }

        private boolean closes() {
            return open.compareAndSet(true, false) && taken == phase;
        }
    }
}
