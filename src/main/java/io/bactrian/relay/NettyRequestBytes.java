package io.bactrian.relay;

import io.bactrian.request.RequestBytes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/** A request body in Netty's buffers, as it came from the socket. */
public final class NettyRequestBytes implements RequestBytes {
    private final ByteBuf buffer;
    private final int start;
    private final int length;

    /** Takes the readable bytes of {@code buffer} and with them the caller's reference. */
    public NettyRequestBytes(ByteBuf buffer) {
        this.buffer = buffer;
        this.start = buffer.readerIndex();
        this.length = buffer.readableBytes();
    }

    /** Returns the bytes as a buffer with one reference of its own, whatever kind of body they are. */
    public static ByteBuf retainedBuffer(RequestBytes bytes) {
        if (bytes instanceof NettyRequestBytes netty) {
            return netty.slice(0, netty.length);
        }
        return Unpooled.wrappedBuffer(bytes.views().toArray(ByteBuffer[]::new));
    }

    /** Returns {@code length} bytes from {@code offset} with one reference of their own, not copied. */
    ByteBuf slice(int offset, int length) {
        return buffer.retainedSlice(start + offset, length);
    }

    @Override
    public int length() {
        return length;
    }

    @Override
    public List<ByteBuffer> views() {
        if (buffer.nioBufferCount() == 1) {
            return List.of(buffer.nioBuffer(start, length).asReadOnlyBuffer());
        }
        return Arrays.stream(buffer.nioBuffers(start, length))
                .map(ByteBuffer::asReadOnlyBuffer)
                .toList();
    }

    @Override
    public RequestBytes retain() {
        buffer.retain();
        return this;
    }

    @Override
    public void release() {
        buffer.release();
    }
}
