package io.bactrian.component.modelserver;

import io.bactrian.component.nettyhttp.DoorResponse;
import io.bactrian.relay.ResponseFlow;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import java.io.InputStream;
import org.apache.camel.component.netty.http.OutboundStreamHttpResponse;
import org.jspecify.annotations.Nullable;

/**
 * A response that netty-http's chunked writer pulls from a {@link ResponseFlow}: only while the client reads, and without
 * ever blocking.
 */
final class StreamedResponse extends OutboundStreamHttpResponse implements DoorResponse {
    private final ResponseFlow flow;
    private boolean ended;

    StreamedResponse(DefaultHttpResponse head, ResponseFlow flow) {
        super(InputStream.nullInputStream(), head);
        headers().set(head.headers()); // the superclass keeps the status alone
        this.flow = flow;
    }

    /** An answer that is here already is written at once: the chunked writer costs a queue and several promises. */
    @Override
    public HttpResponse toWrite() {
        ByteBuf whole = headers().contains(HttpHeaderNames.CONTENT_LENGTH) ? flow.takeWhole() : null;
        if (whole == null) {
            return this;
        }
        return new DefaultFullHttpResponse(protocolVersion(), status(), whole, headers(), EmptyHttpHeaders.INSTANCE);
    }

    @Override
    public @Nullable HttpContent readChunk(ByteBufAllocator allocator) {
        ByteBuf piece = flow.poll();
        if (flow.isDrained()) {
            ended = true;
            return piece == null ? LastHttpContent.EMPTY_LAST_CONTENT : new DefaultLastHttpContent(piece);
        }
        return piece == null ? null : new DefaultHttpContent(piece);
    }

    @Override
    @Deprecated
    public HttpContent readChunk(ChannelHandlerContext ctx) {
        throw new UnsupportedOperationException("readChunk(ChannelHandlerContext): the writer calls the other one");
    }

    @Override
    public boolean isEndOfInput() {
        return ended;
    }

    @Override
    public void close() {
        flow.discard();
    }

    @Override
    public long length() {
        return -1;
    }

    @Override
    public long progress() {
        return 0;
    }
}
