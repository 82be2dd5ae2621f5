package io.bactrian.component.modelserver;

import io.bactrian.exchange.InferenceExchange;
import io.netty.channel.EventLoop;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Reads what takes time in proportion to a body: at once if it is short, else on a worker, which holds the body meanwhile. */
final class LongBody {
    private static final int MAX_BYTES_ON_EVENT_LOOP = 256 * 1024;

    private LongBody() {}

    /** Gives what {@code reading} finds to {@code then}, on {@code loop}, which calls this. */
    static <T> void read(
            ModelServerComponent.Services services,
            InferenceExchange inference,
            EventLoop loop,
            Supplier<T> reading,
            Consumer<T> then) {
        if (inference.body().length() <= MAX_BYTES_ON_EVENT_LOOP) {
            then.accept(reading.get());
            return;
        }
        inference.body().retain();
        try {
            services.workers().execute(() -> {
                try {
                    T found = reading.get();
                    loop.execute(() -> then.accept(found));
                } finally {
                    inference.body().release();
                }
            });
        } catch (RejectedExecutionException e) {
            inference.body().release();
            throw e;
        }
    }
}
