package io.bactrian.component.nettyhttp;

import io.bactrian.request.ErrorCode;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpResponseEncoder;
import java.util.concurrent.atomic.AtomicInteger;

/** The client connections open at one time. Safe between threads. */
public final class ConnectionLimit {
    private final int limit;
    private final AtomicInteger open = new AtomicInteger();

    public ConnectionLimit(int limit) {
        this.limit = limit;
    }

    /** Returns the connections open now. */
    public int open() {
        return open.get();
    }

    /** Counts {@code channel} until it closes; refuses and closes it when there are too many. */
    boolean admit(Channel channel) {
        boolean admitted = open.incrementAndGet() <= limit;
        channel.closeFuture().addListener(closed -> open.decrementAndGet());
        if (!admitted) {
            channel.pipeline().addLast(new HttpResponseEncoder());
            LingeringClose.answer(
                    channel.pipeline(),
                    channel.pipeline(),
                    Refusal.closing(
                            Refusal.NO_TARGET,
                            ErrorCode.TOO_MANY_CONNECTIONS,
                            "connections: " + limit + " are open already"));
        }
        return admitted;
    }
}
