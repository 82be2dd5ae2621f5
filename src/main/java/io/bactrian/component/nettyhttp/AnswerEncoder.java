package io.bactrian.component.nettyhttp;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.List;

/**
 * Puts what is short into one buffer: a whole answer, or an event with its chunk's length.
 *
 * <p>Netty's encoder copies nothing and leaves two or three buffers, each with an entry in the outbound queue, a promise and a
 * place in a gathering write. Copying a few hundred bytes is cheaper; see docs/benchmarks.md.
 */
final class AnswerEncoder extends HttpResponseEncoder {
    private static final int MAX_COPIED_BYTES = 2048;
    private static final int EXPECTED_HEAD_BYTES = 256;
    private static final int MAX_CHUNK_FRAME_BYTES = 7; // three digits, two line ends
    private static final int CRLF = '\r' << 8 | '\n';
    private static final byte[] DIGITS = "0123456789abcdef".getBytes(US_ASCII);

    private boolean chunked;

    @Override
    protected void encode(ChannelHandlerContext ctx, Object message, List<Object> out) throws Exception {
        if (message instanceof HttpResponse response) {
            boolean empty = isContentAlwaysEmpty(response);
            chunked = !empty && HttpUtil.isTransferEncodingChunked(response);
            if (response instanceof FullHttpResponse whole && !empty && !chunked && isShort(whole.content())) {
                out.add(encodeWhole(ctx, whole));
                return;
            }
        } else if (chunked && isPiece(message) && isShort(((HttpContent) message).content())) {
            out.add(encodeChunk(ctx, (HttpContent) message));
            return;
        }
        super.encode(ctx, message, out);
    }

    private static boolean isPiece(Object message) {
        return message instanceof HttpContent && !(message instanceof LastHttpContent);
    }

    private static boolean isShort(ByteBuf content) {
        return content.isReadable() && content.readableBytes() <= MAX_COPIED_BYTES;
    }

    private ByteBuf encodeWhole(ChannelHandlerContext ctx, FullHttpResponse response) throws Exception {
        ByteBuf content = response.content();
        ByteBuf bytes = ctx.alloc().buffer(EXPECTED_HEAD_BYTES + content.readableBytes());
        try {
            encodeInitialLine(bytes, response);
            encodeHeaders(response.headers(), bytes);
            ByteBufUtil.writeShortBE(bytes, CRLF);
            return bytes.writeBytes(content);
        } catch (RuntimeException e) {
            bytes.release();
            throw e;
        } finally {
            response.release();
        }
    }

    private static ByteBuf encodeChunk(ChannelHandlerContext ctx, HttpContent piece) {
        ByteBuf content = piece.content();
        int length = content.readableBytes();
        ByteBuf bytes = ctx.alloc().buffer(length + MAX_CHUNK_FRAME_BYTES);
        for (int shift = length < 0x10 ? 0 : length < 0x100 ? 4 : 8; shift >= 0; shift -= 4) {
            bytes.writeByte(DIGITS[length >> shift & 0xf]);
        }
        ByteBufUtil.writeShortBE(bytes, CRLF);
        bytes.writeBytes(content);
        ByteBufUtil.writeShortBE(bytes, CRLF);
        piece.release();
        return bytes;
    }
}
