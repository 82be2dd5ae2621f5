package io.bactrian.component.modelserver;

import io.bactrian.disaggregation.SplitObserver;
import io.bactrian.exchange.InferenceExchange;
import io.bactrian.exchange.LongBody;
import io.bactrian.relay.ResponseFlow;
import io.bactrian.request.Finish.Outcome;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * One request on its way through the stages.
 *
 * @param loop of the client's connection; everything that belongs to the request happens on it
 */
record RequestScope(ModelServerComponent.Services services, InferenceExchange inference, EventLoop loop) {

    SplitObserver splitObserver() {
        return services.splits().observer();
    }

    /** Tells whether the router splits the request itself; a sidecar may do so otherwise. */
    boolean isSplitHere() {
        return services.splits().isRouters(inference.poolName());
    }

    /** Has {@code then} hear of the request's end, on the event loop; at once if it has ended. */
    void onEnd(Consumer<Outcome> then) {
        inference.finish().onEnd(outcome -> run(() -> then.accept(outcome)));
    }

    /** Reads what takes time in proportion to the body, and gives it to {@code then}, on the event loop, which calls this. */
    <T> void read(Supplier<T> reading, Consumer<T> then) {
        LongBody.read(inference.body(), services.workers(), () -> {
            T found = reading.get();
            run(() -> then.accept(found));
        });
    }

    private void run(Runnable work) {
        if (loop.inEventLoop()) {
            work.run();
        } else {
            loop.execute(work);
        }
    }

    /** Returns the client's request with another body and other headers. */
    FullHttpRequest with(ByteBuf body, HttpHeaders headers) {
        return new DefaultFullHttpRequest(
                HttpVersion.HTTP_1_1,
                HttpMethod.valueOf(inference.head().method()),
                inference.target(),
                body,
                headers,
                EmptyHttpHeaders.INSTANCE);
    }

    /** Returns the flow of an answer that has come whole. */
    ResponseFlow whole(HttpResponse head, ByteBuffer body) {
        return services.flows().whole(inference.request(), head, body, inference.clientModel());
    }
}
