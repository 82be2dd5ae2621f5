package io.bactrian.step;

import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;

/**
 * How an exchange goes on behind a step that may have to wait: at once if the step was done before it returned, else on the
 * request's own thread.
 */
final class Continuation {
    private final Exchange exchange;
    private final AsyncCallback callback;
    private final Executor home;
    private final AtomicBoolean met = new AtomicBoolean(); // the first of "done" and "returned" sets it

    Continuation(Exchange exchange, AsyncCallback callback, Executor home) {
        this.exchange = exchange;
        this.callback = callback;
        this.home = home;
    }

    /** The step is done; called once, on any thread. */
    void goOn() {
        if (met.getAndSet(true)) {
            home.execute(() -> callback.done(false));
        }
    }

    /** The step has failed; called instead of {@link #goOn}. */
    void fail(RuntimeException problem) {
        exchange.setException(problem);
        goOn();
    }

    /** The step returns to Camel, with the value that this gives. */
    boolean returned() {
        boolean done = met.getAndSet(true);
        if (done) {
            callback.done(true);
        }
        return done;
    }
}
