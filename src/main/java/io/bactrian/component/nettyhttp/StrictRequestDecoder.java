package io.bactrian.component.nettyhttp;

import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequestDecoder;

/**
 * Refuses a request whose length is told in two ways, where Netty's own decoder picks one: a peer before us may have
 * picked the other, and the difference smuggles a request (RFC 9112 section 6.3).
 */
final class StrictRequestDecoder extends HttpRequestDecoder {
    private static final int MAX_CHUNK_BYTES = 64 * 1024;

    StrictRequestDecoder(HttpSettings settings) {
        super(settings.maxInitialLineBytes(), settings.maxHeaderBytes(), MAX_CHUNK_BYTES);
    }

    @Override
    protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
        throw new IllegalArgumentException("both Content-Length and Transfer-Encoding are given");
    }
}
