package io.bactrian.component.nettyhttp;

import io.bactrian.exchange.InferenceExchange;
import io.bactrian.relay.NettyRequestBytes;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.Finish.Outcome;
import io.bactrian.request.InferenceException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.component.netty.http.DefaultNettyHttpBinding;
import org.apache.camel.component.netty.http.NettyHttpConfiguration;
import org.apache.camel.component.netty.http.NettyHttpMessage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns a request into an exchange and an exchange into a response, for the door.
 *
 * <p>netty-http's own binding answers with every header that the message has, request headers included, and throws on a
 * body that looks like a form. Here a response has the headers that are listed and no other.
 */
public final class DoorBinding extends DefaultNettyHttpBinding {
    private static final Logger LOG = LoggerFactory.getLogger(DoorBinding.class);

    private final List<String> responseHeaders;

    /** @param responseHeaders Camel headers copied to responses beside the status and the content type */
    public DoorBinding(List<String> responseHeaders) {
        this.responseHeaders = responseHeaders;
    }

    @Override
    public Message toCamelMessage(FullHttpRequest request, Exchange exchange, NettyHttpConfiguration configuration) {
        NettyHttpMessage message = new NettyHttpMessage(exchange.getContext(), request, null);
        message.setExchange(exchange);
        DoorRequest door = (DoorRequest) request;
        NettyRequestBytes body = new NettyRequestBytes(request.content());
        message.setBody(body);
        NettyClientHead head = new NettyClientHead(door);
        InferenceExchange.begin(
                exchange, door.finish(), head, body, door.channel().eventLoop());
        return message;
    }

    @Override
    public @Nullable HttpResponse toNettyResponse(Message message, NettyHttpConfiguration configuration) {
        Exchange exchange = message.getExchange();
        InferenceExchange inference = InferenceExchange.of(exchange);
        if (inference.finish().hasEnded()) {
            return null; // the client has left: there is nobody to answer
        }
        if (exchange.getException() != null) {
            return failure(inference, exchange.getException());
        }
        if (message.getBody() instanceof StreamedResponse streamed) {
            return streamed;
        }
        if (message.getBody() instanceof FullHttpResponse whole) {
            return whole;
        }
        Integer status = message.getHeader(Exchange.HTTP_RESPONSE_CODE, Integer.class);
        ByteBuf body = body(message);
        FullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status == null ? 200 : status), body);
        String contentType = message.getHeader(Exchange.CONTENT_TYPE, String.class);
        response.headers()
                .set(
                        HttpHeaderNames.CONTENT_TYPE,
                        contentType == null ? HttpHeaderValues.APPLICATION_JSON : contentType)
                .setInt(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
        for (String name : responseHeaders) {
            String value = message.getHeader(name, String.class);
            if (value != null) {
                response.headers().set(name, value);
            }
        }
        return response;
    }

    private static ByteBuf body(Message message) {
        byte[] bytes = message.getBody() instanceof NettyRequestBytes ? null : message.getBody(byte[].class);
        return bytes == null
                ? Unpooled.EMPTY_BUFFER
                : Unpooled.wrappedBuffer(bytes); // a request is never its own answer
    }

    /** The last resort: routes answer failures in errors.camel.yaml; what comes here failed outside of them. */
    private static HttpResponse failure(InferenceExchange inference, Exception failure) {
        inference.finish().willEndAs(Outcome.REFUSED);
        if (failure instanceof InferenceException refusal && refusal.code() != ErrorCode.INTERNAL) {
            inference.setRefusal(refusal);
            return Refusal.of(inference.target(), refusal.code(), String.valueOf(refusal.getMessage()));
        }
        LOG.error("request {} failed", inference.requestId(), failure);
        InferenceException answer = new InferenceException(ErrorCode.INTERNAL, "the router failed; its log says why");
        inference.setRefusal(answer);
        return Refusal.of(inference.target(), answer.code(), String.valueOf(answer.getMessage()));
    }
}
