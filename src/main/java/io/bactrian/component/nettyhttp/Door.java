package io.bactrian.component.nettyhttp;

import io.bactrian.relay.RelayObserver;
import io.bactrian.relay.UnsentRecord;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.Finish;
import io.bactrian.request.Finish.Outcome;
import io.bactrian.request.InferenceException;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where a request begins and ends: makes its {@link Finish}, holds one reference to its bytes until then, and ends it
 * when the answer is written or the client has left.
 */
final class Door extends ChannelDuplexHandler {
    private static final Set<HttpMethod> METHODS =
            Set.of(HttpMethod.GET, HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH, HttpMethod.DELETE);
    private static final String ALLOW = "GET, POST, PUT, PATCH, DELETE";

    private final MemoryBudget budget;
    private final DrainState drain;
    private final RelayObserver observer;
    private @Nullable Finish current;

    Door(MemoryBudget budget, DrainState drain, RelayObserver observer) {
        this.budget = budget;
        this.drain = drain;
        this.observer = observer;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        DoorRequest request = (DoorRequest) message;
        if (!request.headers().contains(HttpHeaderNames.HOST)) {
            request.headers().set(HttpHeaderNames.HOST, ""); // HTTP/1.0 needs none, but netty-http refuses without
        }
        Finish finish = request.finish();
        request.retain();
        finish.onEnd(outcome -> {
            request.release();
            budget.giveBack(request.heldBytes());
            drain.requestEnded();
        });
        current = finish;
        if (METHODS.contains(request.method())) {
            ctx.fireChannelRead(request);
        } else {
            request.release();
            finish.willEndAs(Outcome.REFUSED);
            InferenceException problem = new InferenceException(
                    ErrorCode.METHOD_NOT_ALLOWED, "method: " + request.method() + " (expected: " + ALLOW + ")");
            observer.unsent(UnsentRecord.turnedAway(problem));
            FullHttpResponse refusal = Refusal.of(request.uri(), problem.code(), String.valueOf(problem.getMessage()));
            refusal.headers().set(HttpHeaderNames.ALLOW, ALLOW);
            ctx.channel().writeAndFlush(request.method().equals(HttpMethod.HEAD) ? withoutBody(refusal) : refusal);
        }
    }

    /** The client takes what follows the head of an answer to HEAD for the next answer. */
    private static FullHttpResponse withoutBody(FullHttpResponse response) {
        FullHttpResponse head = response.replace(Unpooled.EMPTY_BUFFER);
        response.release();
        return head;
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        Finish finish = current;
        if (message instanceof LastHttpContent && finish != null) {
            ChannelPromise watched = promise.unvoid();
            watched.addListener((ChannelFutureListener) written -> {
                if (written.isSuccess()) {
                    finish.end();
                } else {
                    finish.end(Outcome.CLIENT_LEFT);
                }
            });
            ctx.write(message, watched);
        } else {
            ctx.write(message, promise);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (current != null) {
            current.end(Outcome.CLIENT_LEFT);
        }
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        // A connection that fails is a client that left; everything else is answered before it gets here.
        ctx.close();
    }
}
