package io.bactrian.simulator.engine;

/**
 * The time an engine lives in.
 *
 * <p>All actions run one after another on one thread; an engine and everything that calls it share that thread.
 */
public interface SimulationClock {

    /** Returns nanoseconds since an arbitrary origin. */
    long nanoTime();

    /** Runs {@code action} after {@code delayNanos}, at once if that is not positive, but never inside this call. */
    void schedule(long delayNanos, Runnable action);
}
