package io.bactrian.api;

import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Adds up the members of a usage object, whichever API they belong to: the prompt counts whole, what was cached included. One answer, one thread. */
final class UsageCounts {
    private boolean found;
    private int promptTokens;
    private int completionTokens;
    private int totalTokens;
    private int cachedTokens = -1;

    /** Tokens that Anthropic counts beside the input, for having been in the cache before or after. */
    private int besideInput;

    /** Counts another answer beside this one: what was taken so far is added to what comes. */
    void add(UsageCounts other) {
        found |= other.found;
        promptTokens += other.promptTokens + other.besideInput;
        completionTokens += other.completionTokens;
        if (other.cachedTokens >= 0) {
            cachedTokens = Math.max(0, cachedTokens) + other.cachedTokens;
        }
    }

    /** Tells whether the member called {@code name} holds the details of the prompt. */
    static boolean isDetails(String name) {
        return name.equals("prompt_tokens_details") || name.equals("input_tokens_details");
    }

    /** Takes the member called {@code name}; a negative {@code count} is none. */
    void set(String name, int count) {
        if (count < 0) {
            return;
        }
        switch (name) {
            case "prompt_tokens" -> promptTokens = count;
            case "input_tokens" -> promptTokens = promptTokens > 0 ? promptTokens : count;
            case "completion_tokens" -> completionTokens = count;
            case "output_tokens" -> completionTokens = completionTokens > 0 ? completionTokens : count;
            case "total_tokens" -> totalTokens = count;
            case "cached_tokens" -> cachedTokens = count; // SGLang's meta_info
            case "cache_read_input_tokens" -> {
                cachedTokens = count;
                besideInput += count;
            }
            case "cache_creation_input_tokens" -> besideInput += count;
            default -> {
                return;
            }
        }
        found = true;
    }

    /** Takes a member of the details of the prompt; a negative {@code count} is none. */
    void setDetail(String name, int count) {
        if (name.equals("cached_tokens")) {
            cachedTokens = count;
        }
    }

    /** Returns the usage, or null if no member told any. */
    @Nullable
    TokenUsage usage() {
        if (!found) {
            return null;
        }
        OptionalInt cached = cachedTokens < 0 ? OptionalInt.empty() : OptionalInt.of(cachedTokens);
        return TokenUsage.reported(promptTokens + besideInput, completionTokens, cached, totalTokens);
    }
}
