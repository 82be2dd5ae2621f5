package io.bactrian.relay;

import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseDecoder;

/** Reads the answers on one connection. Knows what was asked, as an answer to HEAD has no body, whatever its head says. */
final class AnswerDecoder extends HttpResponseDecoder {
    private static final int MAX_INITIAL_LINE_BYTES = 4096;
    private static final int MAX_CHUNK_BYTES = 64 * 1024;

    private boolean askedForHead;

    AnswerDecoder(UpstreamSettings settings) {
        super(MAX_INITIAL_LINE_BYTES, settings.maxHeaderBytes(), MAX_CHUNK_BYTES);
    }

    /** To be called with each request before it is sent. */
    void asked(HttpMethod method) {
        askedForHead = method.equals(HttpMethod.HEAD);
    }

    @Override
    protected boolean isContentAlwaysEmpty(HttpMessage message) {
        return askedForHead || super.isContentAlwaysEmpty(message);
    }
}
