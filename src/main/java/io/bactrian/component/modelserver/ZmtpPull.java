package io.bactrian.component.modelserver;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;

/**
 * The end of a ZeroMQ connection that takes what the other end pushes: ZMTP 3.0 without security (https://rfc.zeromq.org/spec/23/), which
 * later versions fall back to. Small messages of one part are handed on; what is longer, or breaks the protocol, ends the connection.
 */
final class ZmtpPull extends ByteToMessageDecoder {
    private static final int GREETING_BYTES = 64;
    private static final int VERSION_AT = 10;
    private static final int MECHANISM_AT = 12;
    private static final int FILLER_BYTES = 32;
    private static final byte MAJOR_VERSION = 3;
    private static final int LONG = 2;
    private static final int COMMAND = 4;

    /** Longer than any name of a request with what stands around it. */
    private static final int MAX_FRAME_BYTES = 1024;

    private static final byte[] SIGNATURE = {(byte) 0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f};
    private static final byte[] NULL_MECHANISM =
            "NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] READY = "\5READY\13Socket-Type\0\0\0\4PULL".getBytes(StandardCharsets.US_ASCII);

    private final Consumer<byte[]> messages;
    private boolean greeted;
    private boolean ready;

    /** @param messages hears each message, on the connection's event loop */
    ZmtpPull(Consumer<byte[]> messages) {
        this.messages = messages;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        ByteBuf greeting = context.alloc().buffer(GREETING_BYTES);
        greeting.writeBytes(SIGNATURE)
                .writeByte(MAJOR_VERSION)
                .writeByte(0)
                .writeBytes(NULL_MECHANISM)
                .writeZero(FILLER_BYTES);
        context.writeAndFlush(greeting);
        context.fireChannelActive();
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        if (!greeted) {
            greet(context, in);
            return;
        }
        int start = in.readerIndex();
        if (in.readableBytes() < 2) {
            return;
        }
        int flags = in.getUnsignedByte(start);
        boolean isLong = (flags & LONG) != 0;
        int headBytes = isLong ? 1 + Long.BYTES : 2;
        if (in.readableBytes() < headBytes) {
            return;
        }
        long length = isLong ? in.getLong(start + 1) : in.getUnsignedByte(start + 1);
        if (length < 0 || length > MAX_FRAME_BYTES || (flags & ~(LONG | COMMAND)) != 0) {
            end(context, in); // the flag of several parts among them
            return;
        }
        if (in.readableBytes() < headBytes + length) {
            return;
        }
        byte[] body = new byte[(int) length];
        in.skipBytes(headBytes).readBytes(body);
        if ((flags & COMMAND) != 0) {
            ready |= new String(body, StandardCharsets.ISO_8859_1).startsWith("\5READY");
        } else if (ready) {
            messages.accept(body);
        } else {
            end(context, in);
        }
    }

    private void greet(ChannelHandlerContext context, ByteBuf in) {
        if (in.readableBytes() < GREETING_BYTES) {
            return;
        }
        ByteBuf greeting = in.readSlice(GREETING_BYTES);
        boolean isSigned =
                greeting.getUnsignedByte(0) == 0xff && greeting.getUnsignedByte(SIGNATURE.length - 1) == 0x7f;
        byte[] mechanism = new byte[NULL_MECHANISM.length];
        greeting.getBytes(MECHANISM_AT, mechanism);
        if (!isSigned
                || greeting.getByte(VERSION_AT) < MAJOR_VERSION
                || !java.util.Arrays.equals(mechanism, NULL_MECHANISM)) {
            end(context, in);
            return;
        }
        greeted = true;
        context.writeAndFlush(Unpooled.wrappedBuffer(new byte[] {COMMAND, (byte) READY.length}, READY.clone()));
    }

    private static void end(ChannelHandlerContext context, ByteBuf in) {
        in.skipBytes(in.readableBytes());
        context.close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close(); // the other end resets it, say: it connects again
    }
}
