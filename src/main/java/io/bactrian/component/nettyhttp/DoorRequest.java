package io.bactrian.component.nettyhttp;

import io.bactrian.request.Finish;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;

/** A whole request with its {@link Finish} and the way back to its client. */
final class DoorRequest extends DefaultFullHttpRequest {
    private final int heldBytes;
    private final Finish finish = new Finish();
    private final AnswerWriter writer;
    private final Channel channel;

    /**
     * Takes the reference to {@code body}.
     *
     * @param heldBytes bytes counted for it by the memory budget, to be given back when it is finished
     */
    DoorRequest(
            HttpRequest head, ByteBuf body, HttpHeaders trailers, int heldBytes, Channel channel, AnswerWriter writer) {
        super(head.protocolVersion(), head.method(), head.uri(), body, head.headers(), trailers);
        this.heldBytes = heldBytes;
        this.channel = channel;
        this.writer = writer;
    }

    int heldBytes() {
        return heldBytes;
    }

    Finish finish() {
        return finish;
    }

    Channel channel() {
        return channel;
    }

    AnswerWriter writer() {
        return writer;
    }

    /** Names no header: netty-http writes what this returns into its log, and headers hold credentials. */
    @Override
    public String toString() {
        return method() + " " + uri();
    }
}
