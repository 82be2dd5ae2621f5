package io.bactrian.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/** What the model server says, encoded once: sending it costs little more than the system call. */
final class FixedAnswers {
    /** Stands before the time at which an event was written, 19 digits of {@link System#nanoTime()}. */
    static final String TIME_MARK = "\"t\":\"";

    static final int TIME_DIGITS = 19;

    private static final String EVENT_HEAD = "data: {\"id\":\"chatcmpl-0123456789abcdef\",\"object\":"
            + "\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"m\",";
    private static final String TOKEN = EVENT_HEAD + "\"choices\":[{\"index\":0,\"delta\":{\"content\":\" token\"},"
            + "\"logprobs\":null,\"finish_reason\":null}]," + TIME_MARK;
    private static final String JSON = "{\"id\":\"chatcmpl-0123456789abcdef\",\"object\":\"chat.completion\","
            + "\"created\":1700000000,\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
            + "\"content\":\"" + "hello world ".repeat(12) + "\"},\"finish_reason\":\"stop\"}],"
            + "\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":24,\"total_tokens\":34}}";
    /** As vLLM's NixlConnector says by what a decode server fetches the blocks of a prompt. */
    private static final String COMPUTED = JSON.substring(0, JSON.length() - 1)
            + ",\"kv_transfer_params\":{\"do_remote_prefill\":true,\"do_remote_decode\":false,"
            + "\"remote_block_ids\":[[1,2,3,4,5,6,7,8,9,10]],\"remote_engine_id\":\"3c1d5e0a-77b2-4d5f-9b3a-0a4f1e6c2d10\","
            + "\"remote_request_id\":\"chatcmpl-0123456789abcdef\",\"remote_host\":\"10.0.0.11\",\"remote_port\":5600,\"tp_size\":1}}";

    private static final String STREAM_HEAD = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
            + "transfer-encoding: chunked\r\n\r\n";

    private static final ByteBuf JSON_RESPONSE = fixed(response("application/json", JSON));
    private static final ByteBuf COMPUTED_RESPONSE = fixed(response("application/json", COMPUTED));
    private static final byte[] STREAM_START = bytes(STREAM_HEAD);
    private static final byte[] TOKEN_CHUNK = bytes(chunk(TOKEN + "0".repeat(TIME_DIGITS) + "\"}\n\n"));
    private static final int TIME_OFFSET =
            new String(TOKEN_CHUNK, StandardCharsets.US_ASCII).indexOf(TIME_MARK) + TIME_MARK.length();
    private static final byte[] END = bytes(chunk("data: [DONE]\n\n") + "0\r\n\r\n");

    private FixedAnswers() {}

    /** Returns a whole response. */
    static byte[] response(String contentType, String body) {
        return bytes("HTTP/1.1 200 OK\r\ncontent-type: " + contentType + "\r\ncontent-length: " + body.length()
                + "\r\n\r\n" + body);
    }

    /** Returns {@code bytes} as a buffer that can be written any number of times as a duplicate. */
    static ByteBuf fixed(byte[] bytes) {
        return Unpooled.unreleasableBuffer(
                Unpooled.directBuffer(bytes.length).writeBytes(bytes).asReadOnly());
    }

    /** Returns the whole answer to a request that asks for no stream. */
    static ByteBuf json() {
        return JSON_RESPONSE.duplicate();
    }

    /** Returns the answer of a prefill server. */
    static ByteBuf computed() {
        return COMPUTED_RESPONSE.duplicate();
    }

    /** Returns the head of a stream with its first event. */
    static ByteBuf start(ByteBufAllocator allocator) {
        ByteBuf out = allocator.buffer(STREAM_START.length + TOKEN_CHUNK.length);
        return writeToken(out.writeBytes(STREAM_START));
    }

    /** Returns the next event of a stream. */
    static ByteBuf token(ByteBufAllocator allocator) {
        return writeToken(allocator.buffer(TOKEN_CHUNK.length));
    }

    private static ByteBuf writeToken(ByteBuf out) {
        int start = out.writerIndex();
        out.writeBytes(TOKEN_CHUNK);
        long time = System.nanoTime();
        for (int i = start + TIME_OFFSET + TIME_DIGITS - 1; time > 0; i--) {
            out.setByte(i, '0' + (int) (time % 10));
            time /= 10;
        }
        return out;
    }

    /** Returns the end of a stream of {@code tokens} events. */
    static ByteBuf end(ByteBufAllocator allocator, int tokens, boolean withUsage) {
        ByteBuf out = allocator.buffer(512);
        if (withUsage) {
            out.writeBytes(bytes(chunk(EVENT_HEAD + "\"choices\":[],\"usage\":{\"prompt_tokens\":10,"
                    + "\"completion_tokens\":" + tokens + ",\"total_tokens\":" + (10 + tokens) + "}}\n\n")));
        }
        return out.writeBytes(END);
    }

    private static String chunk(String content) {
        return Integer.toHexString(content.length()) + "\r\n" + content + "\r\n";
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
