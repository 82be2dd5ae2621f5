package io.bactrian.simulator.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What a server counted for one request.
 *
 * @param promptTokens tokens of the prompt
 * @param cachedTokens those of them found in the prefix cache; null if the server does not say
 * @param outputTokens tokens generated
 */
public record TokenUsage(int promptTokens, @Nullable Integer cachedTokens, int outputTokens) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Reads the {@code usage} of an OpenAI answer or stream event; null if there is none or it is no JSON. */
    static @Nullable TokenUsage parse(byte[] json, int offset, int length) {
        JsonNode usage;
        try {
            usage = JSON.readTree(json, offset, length).path("usage");
        } catch (IOException e) {
            return null;
        }
        if (!usage.path("prompt_tokens").isInt()) {
            return null;
        }
        JsonNode cached = usage.path("prompt_tokens_details").path("cached_tokens");
        return new TokenUsage(
                usage.path("prompt_tokens").intValue(),
                cached.isInt() ? (Integer) cached.intValue() : null,
                usage.path("completion_tokens").intValue());
    }
}
