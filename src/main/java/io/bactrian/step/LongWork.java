package io.bactrian.step;

import io.bactrian.exchange.InferenceExchange;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;

/** Runs what takes time in proportion to the body: at once for a short one, on a worker thread for a long one. */
final class LongWork {
    private static final int MAX_BYTES_ON_EVENT_LOOP = 256 * 1024;

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
        if (inference.body().length() <= MAX_BYTES_ON_EVENT_LOOP) {
            guarded(continuation, work);
            return;
        }
        inference.body().retain();
        try {
            workers.execute(() -> {
                try {
                    guarded(continuation, work);
                } finally {
                    inference.body().release();
                }
            });
        } catch (RejectedExecutionException e) {
            inference.body().release();
            throw e;
        }
    }

    private static void guarded(Continuation continuation, Runnable work) {
        try {
            work.run();
        } catch (RuntimeException e) {
            continuation.fail(e);
        }
    }
}
