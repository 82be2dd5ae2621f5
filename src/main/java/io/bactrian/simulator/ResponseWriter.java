package io.bactrian.simulator;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * Writes the answer to one request, whole or in pieces, and can be told to die in the middle of it.
 *
 * <p>Pieces of a stream are framed here and handed to the channel behind the HTTP codec: a token costs one buffer and no
 * pass through the pipeline. Nothing is flushed but by {@link #flush()}.
 */
final class ResponseWriter {
    /** No fault: the answer is written to its end. */
    static final long NEVER = Long.MAX_VALUE;

    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final int FRAME_BYTES = 8 + 2 + 2;

    /** How an answer can end. */
    enum Outcome {
        COMPLETE,
        CLIENT_LEFT,
        DIED
    }

    private final ChannelHandlerContext context;
    private final ChannelHandlerContext codec;
    private final HttpHeaders commonHeaders;
    private final boolean keepAlive;
    private final boolean isChunked;
    private final Consumer<Outcome> onEnd;
    private long bytesUntilDeath = NEVER;
    private boolean isDead;

    ResponseWriter(
            ChannelHandlerContext context,
            HttpHeaders commonHeaders,
            boolean keepAlive,
            boolean isHttp11,
            Consumer<Outcome> onEnd) {
        this.context = context;
        this.codec = context.pipeline().context(HttpServerCodec.class);
        this.commonHeaders = commonHeaders;
        // A stream of unknown length to an HTTP/1.0 client ends with its connection.
        this.isChunked = isHttp11;
        this.keepAlive = keepAlive;
        this.onEnd = onEnd;
    }

    /** Lets the connection close after {@code bodyBytes} of the body were written. */
    void dieAfter(long bodyBytes) {
        bytesUntilDeath = bodyBytes;
    }

    boolean isWritable() {
        return context.channel().isWritable();
    }

    /** Adds a header to the answer that has not begun yet. */
    void header(CharSequence name, String value) {
        commonHeaders.set(name, value);
    }

    void error(ApiError error) {
        whole(error.status(), "application/json", error.json());
    }

    void whole(int status, String contentType, byte[] body) {
        HttpResponse response;
        boolean dies = bytesUntilDeath <= body.length;
        int sent = dies ? (int) bytesUntilDeath : body.length;
        response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status), Unpooled.wrappedBuffer(body, 0, sent));
        addHeaders(response, contentType, keepAlive);
        response.headers().set(HttpHeaderNames.CONTENT_LENGTH, body.length);
        if (dies) {
            isDead = true;
            context.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
            onEnd.accept(Outcome.DIED);
        } else {
            finish(response, keepAlive);
        }
    }

    void beginStream(String contentType) {
        HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        addHeaders(response, contentType, keepAlive && isChunked);
        if (isChunked) {
            response.headers().set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
        }
        context.write(response, context.voidPromise());
        if (bytesUntilDeath == 0) {
            die();
        }
    }

    /** Writes the bytes of {@code before}, the first {@code length} of {@code middle} and {@code after} as one piece. */
    void piece(byte[] before, byte[] middle, int length, byte[] after) {
        if (isDead) {
            return;
        }
        int size = before.length + length + after.length;
        ByteBuf piece = context.alloc().ioBuffer(size + FRAME_BYTES);
        int start = 0;
        if (isChunked) {
            writeHex(piece, size);
            piece.writeShort('\r' << 8 | '\n');
            start = piece.readableBytes();
        }
        piece.writeBytes(before).writeBytes(middle, 0, length).writeBytes(after);
        if (bytesUntilDeath <= size) {
            piece.writerIndex(piece.readerIndex() + start + (int) bytesUntilDeath);
            writeRaw(piece);
            die();
            return;
        }
        bytesUntilDeath -= bytesUntilDeath == NEVER ? 0 : size;
        if (isChunked) {
            piece.writeShort('\r' << 8 | '\n');
        }
        writeRaw(piece);
    }

    void endStream() {
        if (!isDead) {
            finish(LastHttpContent.EMPTY_LAST_CONTENT, keepAlive && isChunked);
        }
    }

    boolean isDead() {
        return isDead;
    }

    void flush() {
        context.flush();
    }

    private void finish(Object last, boolean staysOpen) {
        context.write(last).addListener((ChannelFutureListener) written -> {
            onEnd.accept(written.isSuccess() ? Outcome.COMPLETE : Outcome.CLIENT_LEFT);
            if (!staysOpen) {
                written.channel().close();
            }
        });
    }

    private void die() {
        isDead = true;
        context.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        onEnd.accept(Outcome.DIED);
    }

    private void writeRaw(ByteBuf bytes) {
        codec.write(bytes, context.voidPromise());
    }

    private void addHeaders(HttpResponse response, String contentType, boolean staysOpen) {
        HttpHeaders headers = response.headers();
        headers.set(commonHeaders).set(HttpHeaderNames.CONTENT_TYPE, contentType);
        if (!staysOpen) {
            headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        } else if (!isChunked) {
            headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
        }
    }

    private static void writeHex(ByteBuf buffer, int value) {
        int digits = Math.max(1, (Integer.SIZE - Integer.numberOfLeadingZeros(value) + 3) / 4);
        for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) {
            buffer.writeByte(HEX[value >> shift & 0xf]);
        }
    }
}
