package io.bactrian.benchmarks;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import org.jspecify.annotations.Nullable;

/** One client's connection to the raw proxy. */
final class RawClient extends ChannelInboundHandlerAdapter {
    private final RawConnections upstream;
    private @Nullable ChannelHandlerContext context;
    private @Nullable RawConnection answering;
    private boolean begun; // part of the answer has been written

    RawClient(RawConnections upstream) {
        this.upstream = upstream;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        begun = false;
        FullHttpRequest request = (FullHttpRequest) message;
        request.headers().set(HttpHeaderNames.HOST, "127.0.0.1");
        upstream.send(ctx.channel().eventLoop(), request, this);
    }

    void answering(RawConnection connection) {
        answering = connection;
        if (context != null && !context.channel().isActive()) {
            answering = null;
            connection.abort();
        }
    }

    void relay(Object part) {
        begun = true;
        if (context != null) {
            context.write(part, context.voidPromise());
            if (answering != null && !context.channel().isWritable()) {
                answering.read(false);
            }
        }
    }

    void end(Object last) {
        answering = null;
        if (context != null) {
            context.writeAndFlush(last, context.voidPromise());
        }
    }

    void flush() {
        if (context != null) {
            context.flush();
        }
    }

    void fail() {
        answering = null;
        if (context == null) {
            return;
        }
        if (begun) {
            context.close();
            return;
        }
        DefaultFullHttpResponse refusal = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, HttpResponseStatus.BAD_GATEWAY, Unpooled.EMPTY_BUFFER);
        refusal.headers().set(HttpHeaderNames.CONTENT_LENGTH, 0);
        context.writeAndFlush(refusal);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (answering != null && ctx.channel().isWritable()) {
            answering.read(true);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (answering != null) {
            answering.abort();
            answering = null;
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close();
    }
}
