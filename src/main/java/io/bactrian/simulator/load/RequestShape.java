package io.bactrian.simulator.load;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;

/**
 * How a workload's requests are put to the server.
 *
 * @param api the OpenAI API to use
 * @param model the model to ask for where a request names none
 * @param stream whether the answer is to come as server-sent events
 * @param usage whether a stream is to end with the server's token counts
 * @param ignoreEos whether to ask, by vLLM's extension, for exactly the workload's output tokens
 */
public record RequestShape(Api api, String model, boolean stream, boolean usage, boolean ignoreEos) {

    /** The OpenAI APIs that generate text. */
    public enum Api {
        /** {@code POST /v1/chat/completions}; the prompt is the content of one user message. */
        CHAT("/chat/completions", "\"messages\":[{\"role\":\"user\",\"content\":\"", "\"}]}"),
        /** {@code POST /v1/completions}. */
        COMPLETIONS("/completions", "\"prompt\":\"", "\"}");

        private final String path;
        private final String beforePrompt;
        private final String afterPrompt;

        Api(String path, String beforePrompt, String afterPrompt) {
            this.path = path;
            this.beforePrompt = beforePrompt;
            this.afterPrompt = afterPrompt;
        }

        /** Returns the path after {@code /v1}. */
        String path() {
            return path;
        }
    }

    /** Returns the body that asks for {@code request}; the caller releases it. */
    ByteBuf body(WorkloadRequest request, ByteBufAllocator allocator) {
        StringBuilder head = new StringBuilder("{\"model\":\"")
                .append(JsonStringEncoder.getInstance()
                        .quoteAsString(request.model().isEmpty() ? model : request.model()))
                .append("\",\"max_tokens\":")
                .append(request.outputTokens());
        if (stream) {
            head.append(",\"stream\":true");
            if (usage) {
                head.append(",\"stream_options\":{\"include_usage\":true}");
            }
        }
        if (ignoreEos) {
            head.append(",\"ignore_eos\":true");
        }
        head.append(',').append(api.beforePrompt);
        byte[] prefix = head.toString().getBytes(StandardCharsets.UTF_8);
        byte[] suffix = api.afterPrompt.getBytes(StandardCharsets.US_ASCII);
        int length = prefix.length + request.promptTokens() * PromptText.BYTES_PER_TOKEN + suffix.length;
        ByteBuf body = allocator.buffer(length).writeBytes(prefix);
        for (PromptBlock block : request.blocks()) {
            PromptText.write(block, body);
        }
        return body.writeBytes(suffix);
    }
}
