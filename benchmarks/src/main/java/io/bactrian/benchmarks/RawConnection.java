package io.bactrian.benchmarks;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** One of the raw proxy's connections to its model server. */
final class RawConnection extends ChannelInboundHandlerAdapter {
    private final ArrayDeque<RawConnection> idle;
    private @Nullable ChannelHandlerContext context;
    private @Nullable RawClient client; // null while no request is under way
    private boolean keepAlive;

    RawConnection(ArrayDeque<RawConnection> idle) {
        this.idle = idle;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
    }

    void send(FullHttpRequest request, RawClient forClient) {
        client = forClient;
        if (context == null || !context.channel().isActive()) {
            request.release();
            forClient.fail();
            return;
        }
        forClient.answering(this);
        context.writeAndFlush(request, context.voidPromise());
    }

    /** Ends the request under way, which tells the model server to stop. */
    void abort() {
        client = null;
        if (context != null) {
            context.close();
        }
    }

    void read(boolean wanted) {
        if (context != null) {
            context.channel().config().setAutoRead(wanted);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        RawClient current = client;
        if (current == null) {
            ReferenceCountUtil.release(message);
            return;
        }
        if (message instanceof HttpResponse head) {
            keepAlive = HttpUtil.isKeepAlive(head);
        }
        if (message instanceof LastHttpContent) {
            client = null;
            ctx.channel().config().setAutoRead(true);
            if (keepAlive) {
                idle.push(this);
            } else {
                ctx.close();
            }
            current.end(message);
        } else {
            current.relay(message);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (client != null) {
            client.flush();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        idle.remove(this);
        if (client != null) {
            client.fail();
            client = null;
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close();
    }
}
