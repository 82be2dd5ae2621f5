package io.bactrian.component.nettyhttp;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.Map;

/**
 * Lets one request of a connection through at a time, so that pipelined requests are answered in order.
 *
 * <p>The socket is read on meanwhile, because that is how a client's leaving is noticed; what it sends is kept, up to a
 * limit, and the connection closed above that.
 */
final class OneRequestGate extends ChannelDuplexHandler {
    private static final int MAX_WAITING_BYTES = 64 * 1024;
    private static final int BYTES_PER_HEADER = 4; // a colon, a space and a line end

    private final ArrayDeque<Object> waiting = new ArrayDeque<>();
    private int waitingBytes;
    private boolean busy;
    private boolean interim;

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        boolean mustWait = !waiting.isEmpty() || (busy && message instanceof HttpRequest);
        if (!mustWait) {
            pass(ctx, message);
            return;
        }
        waitingBytes += bytesOf(message);
        waiting.add(message);
        if (waitingBytes > MAX_WAITING_BYTES) {
            ctx.close();
        }
    }

    private static int bytesOf(Object message) {
        int bytes = 0;
        if (message instanceof HttpRequest request) {
            bytes += request.uri().length();
            for (Map.Entry<String, String> header : request.headers()) {
                bytes += header.getKey().length() + header.getValue().length() + BYTES_PER_HEADER;
            }
        }
        if (message instanceof HttpContent content) {
            bytes += content.content().readableBytes();
        }
        return bytes;
    }

    private void pass(ChannelHandlerContext ctx, Object message) {
        if (message instanceof HttpRequest) {
            busy = true;
        }
        ctx.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (message instanceof HttpResponse response) {
            interim = response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
        }
        if (message instanceof LastHttpContent && !interim) {
            ChannelPromise watched = promise.unvoid();
            watched.addListener((ChannelFutureListener) written -> onAnswered(ctx));
            ctx.write(message, watched);
        } else {
            ctx.write(message, promise);
        }
    }

    private void onAnswered(ChannelHandlerContext ctx) {
        busy = false;
        if (!ctx.channel().isActive()) {
            return; // the answer was to be the last: what the client sent behind it is no request
        }
        while (!waiting.isEmpty() && !(busy && waiting.peek() instanceof HttpRequest)) {
            Object next = waiting.remove();
            waitingBytes -= bytesOf(next);
            pass(ctx, next);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        drop();
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        drop();
    }

    private void drop() {
        waiting.forEach(ReferenceCountUtil::release);
        waiting.clear();
    }
}
