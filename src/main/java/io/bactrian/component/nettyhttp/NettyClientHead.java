package io.bactrian.component.nettyhttp;

import io.bactrian.exchange.ClientHead;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.util.Map;

/** The head of a request that came through the door. */
public final class NettyClientHead implements ClientHead {
    private final HttpRequest request;
    private final Channel channel;
    private final AnswerWriter writer;

    NettyClientHead(DoorRequest request) {
        this.request = request;
        this.channel = request.channel();
        this.writer = request.writer();
    }

    /** Returns the connection, or the HTTP/2 stream, on which the client waits for its answer. */
    public Channel channel() {
        return channel;
    }

    /** Returns what writes the answer and must be told when there is more of it. */
    public AnswerWriter writer() {
        return writer;
    }

    /** Returns the headers as Netty holds them. */
    public HttpHeaders nettyHeaders() {
        return request.headers();
    }

    @Override
    public String method() {
        return request.method().name();
    }

    @Override
    public String target() {
        return request.uri();
    }

    @Override
    public boolean isHttp10() {
        return request.protocolVersion().compareTo(HttpVersion.HTTP_1_0) <= 0;
    }

    @Override
    public Iterable<Map.Entry<String, String>> headers() {
        return request.headers();
    }

    @Override
    public String header(String name) {
        String value = request.headers().get(name);
        return value == null ? "" : value;
    }
}
