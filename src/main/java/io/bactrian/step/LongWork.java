package io.bactrian.step;

import io.bactrian.exchange.InferenceExchange;
import io.bactrian.exchange.LongBody;
import java.util.concurrent.Executor;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;

/** Runs what takes time in proportion to the body, after which an exchange goes on. */
final class LongWork {
    private final Executor workers;

    LongWork(Executor workers) {
        this.workers = workers;
    }

    /**
     * Runs {@code work}, after which the exchange goes on, on its event loop.
     *
     * @return whether that happened before this call returned
     */
    boolean run(Exchange exchange, AsyncCallback callback, InferenceExchange inference, Runnable work) {
        Continuation continuation = new Continuation(exchange, callback, inference.home());
        start(inference, continuation, () -> {
            work.run();
            continuation.goOn();
        });
        return continuation.returned();
    }

    /** Runs {@code work}, which makes {@code continuation} go on; the exchange fails if it throws. */
    void start(InferenceExchange inference, Continuation continuation, Runnable work) {
        LongBody.read(inference.body(), workers, () -> guarded(continuation, work));
    }

    private static void guarded(Continuation continuation, Runnable work) {
        try {
            work.run();
        } catch (RuntimeException e) {
            continuation.fail(e);
        }
    }
}
