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

    /** Tells whether work in proportion to the body would hold an event loop for too long. */
    static boolean isLong(InferenceExchange inference) {
        return inference.body().length() > MAX_BYTES_ON_EVENT_LOOP;
    }

    /**
     * Runs {@code work}, after which the exchange goes on, on its event loop.
     *
     * @return whether that happened before this call returned
     */
    boolean run(Exchange exchange, AsyncCallback callback, InferenceExchange inference, Runnable work) {
        if (!isLong(inference)) {
            work.run();
            callback.done(true);
            return true;
        }
        inference.body().retain();
        try {
            workers.execute(() -> {
                try {
                    work.run();
                } catch (RuntimeException e) {
                    exchange.setException(e);
                } finally {
                    inference.body().release();
                    inference.home().execute(() -> callback.done(false));
                }
            });
        } catch (RejectedExecutionException e) {
            inference.body().release();
            throw e;
        }
        return false;
    }
}
