package io.bactrian.component.nettyhttp;

import io.bactrian.relay.ResponseFlow;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;

/** The head of an answer whose bytes come by a {@link ResponseFlow}; the message body of an exchange, for {@link AnswerWriter}. */
public final class StreamedResponse extends DefaultHttpResponse {
    private final ResponseFlow flow;

    /** @param headers taken as they are; they have been checked when they were read */
    public StreamedResponse(HttpResponseStatus status, HttpHeaders headers, ResponseFlow flow) {
        super(HttpVersion.HTTP_1_1, status, headers);
        this.flow = flow;
    }

    ResponseFlow flow() {
        return flow;
    }

    /** Returns this head with {@code body}, whose reference it takes, as one message. */
    FullHttpResponse with(ByteBuf body) {
        return new DefaultFullHttpResponse(protocolVersion(), status(), body, headers(), EmptyHttpHeaders.INSTANCE);
    }
}
