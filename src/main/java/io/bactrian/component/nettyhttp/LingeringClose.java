package io.bactrian.component.nettyhttp;

import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundInvoker;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.TimeUnit;

/**
 * Answers a request that is still arriving and ends the connection so that the client can read the answer: closing with
 * unread bytes in the socket would reset the connection and take the answer with it.
 */
final class LingeringClose extends ChannelInboundHandlerAdapter {
    private static final int LINGER_MILLIS = 1000;

    private LingeringClose() {}

    static void answer(ChannelHandlerContext ctx, FullHttpResponse response) {
        answer(ctx.pipeline(), ctx, response);
    }

    /** Writes the response by {@code way}: from a handler on, or, if it is the pipeline, through all of it. */
    static void answer(ChannelPipeline pipeline, ChannelOutboundInvoker way, FullHttpResponse response) {
        pipeline.addFirst(new LingeringClose());
        way.writeAndFlush(response).addListener((ChannelFutureListener) written -> {
            if (written.channel() instanceof DuplexChannel socket && written.isSuccess()) {
                socket.shutdownOutput();
                socket.eventLoop().schedule(() -> socket.close(), LINGER_MILLIS, TimeUnit.MILLISECONDS);
            } else {
                written.channel().close();
            }
        });
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ReferenceCountUtil.release(message);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close(); // the client did not wait
    }
}
