package io.bactrian.component.nettyhttp;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** Whether the process takes requests, and how many it has under way. Safe between threads. */
public final class DrainState {
    /** The stages of a stop. */
    public enum Stage {
        /** Requests are taken. */
        SERVING,
        /** Requests are still taken, while load balancers learn that the process is leaving. */
        LEAVING,
        /** New requests are refused; those under way go on. */
        REFUSING
    }

    private final AtomicReference<Stage> stage = new AtomicReference<>(Stage.SERVING);
    private final AtomicInteger inFlight = new AtomicInteger();

    /** Returns the stage. */
    public Stage stage() {
        return stage.get();
    }

    /** Moves on to {@code next}. */
    public void enter(Stage next) {
        stage.set(next);
    }

    /** Returns the requests under way. */
    public int inFlight() {
        return inFlight.get();
    }

    void requestBegan() {
        inFlight.incrementAndGet();
    }

    void requestEnded() {
        inFlight.decrementAndGet();
    }
}
