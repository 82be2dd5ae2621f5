package io.bactrian.component.nettyhttp;

import io.bactrian.api.Dialect;
import io.bactrian.api.ErrorBody;
import io.bactrian.request.ErrorCode;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;

/** The answers the door gives by itself, before or instead of a route. */
final class Refusal {
    /** Where nobody has said yet what is asked for. */
    static final String NO_TARGET = "";

    private static final String RETRY_AFTER_SECONDS = "1";

    private Refusal() {}

    /** Returns an error response with the error body that a client of {@code target} expects. */
    static FullHttpResponse of(String target, ErrorCode code, String message) {
        byte[] body = ErrorBody.json(Dialect.of(target), code, message, null);
        FullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(code.status()), Unpooled.wrappedBuffer(body));
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.APPLICATION_JSON)
                .setInt(HttpHeaderNames.CONTENT_LENGTH, body.length);
        if (code.status() == HttpResponseStatus.SERVICE_UNAVAILABLE.code()) {
            response.headers().set(HttpHeaderNames.RETRY_AFTER, RETRY_AFTER_SECONDS);
        }
        return response;
    }

    /** Returns such a response after which the connection ends. */
    static FullHttpResponse closing(String target, ErrorCode code, String message) {
        FullHttpResponse response = of(target, code, message);
        response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        return response;
    }
}
