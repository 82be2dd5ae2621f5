package io.bactrian.simulator.engine;

/** The engine's clock together with what disturbs it: a slow engine, an engine that hangs. */
final class EngineTime {
    // How far behind its plan an engine may be and still catch up; beyond it, it was the machine that stood still.
    private static final long MAX_CATCH_UP_NANOS = 20_000_000;

    private final SimulationClock clock;
    private double slowness = 1;
    private long hangsUntilNanos;
    private boolean hasHung;

    EngineTime(SimulationClock clock) {
        this.clock = clock;
    }

    long now() {
        return clock.nanoTime();
    }

    void slowness(double factor) {
        slowness = factor;
    }

    void hang(long nanos) {
        hangsUntilNanos = now() + nanos;
        hasHung = true;
    }

    /** Returns when something that begins at {@code startNanos} and takes {@code nanos} on a healthy engine ends. */
    long end(long startNanos, double nanos) {
        return startNanos + Math.round(nanos * slowness);
    }

    /** Returns where to start what follows something planned to end at {@code plannedNanos}: timers come late. */
    long startAfter(long plannedNanos) {
        return Math.max(plannedNanos, now() - MAX_CATCH_UP_NANOS);
    }

    /** Runs {@code action} at {@code nanos}, or when the engine stops hanging if that is later. */
    void at(long nanos, Runnable action) {
        clock.schedule(nanos - now(), () -> {
            if (hasHung && hangsUntilNanos - now() > 0) {
                at(hangsUntilNanos, action);
            } else {
                action.run();
            }
        });
    }
}
