package io.bactrian.component.nettyhttp;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.timeout.IdleStateEvent;

/** Closes an HTTP/2 connection that has been silent and carries no request. */
final class IdleHttp2Close extends ChannelInboundHandlerAdapter {
    private final Http2Connection connection;

    IdleHttp2Close(Http2Connection connection) {
        this.connection = connection;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof IdleStateEvent && connection.numActiveStreams() == 0) {
            ctx.close();
        } else {
            ctx.fireUserEventTriggered(event);
        }
    }
}
