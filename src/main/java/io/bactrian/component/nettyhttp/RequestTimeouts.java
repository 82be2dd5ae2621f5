package io.bactrian.component.nettyhttp;

import io.bactrian.relay.Deadline;
import io.bactrian.request.ErrorCode;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;

/**
 * Closes connections on which a client is slow: between requests, in a head, in a body, or in reading an answer.
 *
 * <p>Stands behind the gate, so that it times the request being served and not one that waits for its turn;
 * {@link #bytes()} stands before the HTTP codec and tells when the first byte of a head comes.
 */
final class RequestTimeouts extends ChannelDuplexHandler {
    private enum Waiting {
        FOR_REQUEST,
        FOR_HEAD,
        FOR_BODY,
        FOR_ANSWER,
        FOR_READER
    }

    private final HttpSettings settings;
    private Waiting waiting = Waiting.FOR_REQUEST;
    private Deadline deadline;

    @SuppressWarnings("NullAway") // set when the channel is known, before anything else is called
    RequestTimeouts(HttpSettings settings) {
        this.settings = settings;
    }

    /** Returns the handler for the place before the codec. */
    ChannelInboundHandlerAdapter bytes() {
        return new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                if (waiting == Waiting.FOR_REQUEST) {
                    waiting = Waiting.FOR_HEAD;
                    deadline.set(settings.headerTimeout());
                }
                ctx.fireChannelRead(message);
            }
        };
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        deadline = new Deadline(ctx.channel().eventLoop(), () -> onDeadline(ctx));
        deadline.set(settings.idleTimeout());
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof HttpRequest && waiting != Waiting.FOR_ANSWER) {
            waiting = Waiting.FOR_BODY;
            deadline.set(settings.bodyTimeout());
        }
        if (message instanceof LastHttpContent && waiting == Waiting.FOR_BODY) {
            waiting = Waiting.FOR_ANSWER;
            deadline.clear();
        }
        ctx.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (message instanceof LastHttpContent) {
            if (waiting == Waiting.FOR_ANSWER) {
                // The rest may be too little to fill the send buffer: that it is not read shows in nothing else.
                waiting = Waiting.FOR_READER;
                deadline.set(settings.stallTimeout());
            }
            ChannelPromise watched = promise.unvoid();
            watched.addListener((ChannelFutureListener) written -> onAnswered());
            ctx.write(message, watched);
        } else {
            ctx.write(message, promise);
        }
    }

    private void onAnswered() {
        if (waiting == Waiting.FOR_READER) {
            waiting = Waiting.FOR_REQUEST;
            deadline.set(settings.idleTimeout());
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (waiting == Waiting.FOR_ANSWER) {
            if (ctx.channel().isWritable()) {
                deadline.clear();
            } else {
                deadline.set(settings.stallTimeout());
            }
        } else if (waiting == Waiting.FOR_READER) {
            deadline.set(settings.stallTimeout());
        }
        ctx.fireChannelWritabilityChanged();
    }

    private void onDeadline(ChannelHandlerContext ctx) {
        if (waiting == Waiting.FOR_HEAD || waiting == Waiting.FOR_BODY) {
            String what = waiting == Waiting.FOR_HEAD ? "the request head" : "the request body";
            LingeringClose.answer(
                    ctx,
                    Refusal.closing(Refusal.NO_TARGET, ErrorCode.REQUEST_TIMEOUT, what + " did not arrive in time"));
        } else {
            ctx.close();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        deadline.cancel();
        ctx.fireChannelInactive();
    }
}
