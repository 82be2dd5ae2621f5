package io.bactrian.component.nettyhttp;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2Exception;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of what goes wrong on an HTTP/2 connection. Without it each malformed frame of a client would stand in the log
 * with a stack trace.
 */
final class Http2Errors extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(Http2Errors.class);

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        LOG.debug("{}: {}", ctx.channel(), cause.toString());
        if (!(cause instanceof Http2Exception)) {
            ctx.close(); // on its own errors the codec closes by itself, after the GOAWAY
        }
    }
}
