package io.bactrian.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/**
 * The request that each stream sends.
 *
 * @param tokens events to ask for
 * @param port stands in the host header
 */
record StreamRequest(int tokens, int port) {
    static final String PATH = "/v1/chat/completions";

    private static final String PROMPT = "Tell me of camels and what they carry. ".repeat(8);

    String host() {
        return "127.0.0.1:" + port;
    }

    byte[] body() {
        return ("{\"model\":\"m\",\"stream\":true,\"max_tokens\":" + tokens
                        + ",\"messages\":[{\"role\":\"user\",\"content\":\"" + PROMPT + "\"}]}")
                .getBytes(StandardCharsets.US_ASCII);
    }

    /** Returns the request as it stands on an HTTP/1.1 connection. */
    ByteBuf http1() {
        byte[] body = body();
        byte[] head = ("POST " + PATH + " HTTP/1.1\r\nhost: " + host()
                        + "\r\ncontent-type: application/json\r\naccept: text/event-stream\r\ncontent-length: "
                        + body.length + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        return Unpooled.wrappedBuffer(head, body);
    }
}
