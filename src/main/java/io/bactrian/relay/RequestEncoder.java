package io.bactrian.relay;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpRequestEncoder;
import java.util.List;

/**
 * Puts a short request into one buffer.
 *
 * <p>Netty's encoder copies no body and leaves two buffers to a gathering write. Up to a few KiB copying costs less; see
 * docs/benchmarks.md.
 */
final class RequestEncoder extends HttpRequestEncoder {
    private static final int MAX_COPIED_BYTES = 2048;
    private static final int EXPECTED_HEAD_BYTES = 384;
    private static final int CRLF = '\r' << 8 | '\n';

    @Override
    protected void encode(ChannelHandlerContext ctx, Object message, List<Object> out) throws Exception {
        if (message instanceof FullHttpRequest request && request.content().readableBytes() <= MAX_COPIED_BYTES) {
            out.add(encodeWhole(ctx, request));
        } else {
            super.encode(ctx, message, out);
        }
    }

    private ByteBuf encodeWhole(ChannelHandlerContext ctx, FullHttpRequest request) throws Exception {
        ByteBuf body = request.content();
        ByteBuf bytes = ctx.alloc().buffer(EXPECTED_HEAD_BYTES + body.readableBytes());
        try {
            encodeInitialLine(bytes, request);
            encodeHeaders(request.headers(), bytes);
            ByteBufUtil.writeShortBE(bytes, CRLF);
            return bytes.writeBytes(body);
        } catch (RuntimeException e) {
            bytes.release();
            throw e;
        } finally {
            request.release();
        }
    }
}
