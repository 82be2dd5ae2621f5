package io.bactrian.api;

import java.util.OptionalInt;

/**
 * The tokens one answer took.
 *
 * @param promptTokens tokens the model read
 * @param completionTokens tokens the model generated
 * @param cachedTokens those of the prompt whose KV blocks were cached; empty if the model server does not say
 * @param totalTokens all of them, as the model server counts
 * @param estimated whether the router counted, because the model server's own count never came
 */
public record TokenUsage(
        int promptTokens, int completionTokens, OptionalInt cachedTokens, int totalTokens, boolean estimated) {
    public TokenUsage {
        if (promptTokens < 0 || completionTokens < 0 || totalTokens < 0) {
            throw new IllegalArgumentException(
                    "usage: " + promptTokens + ", " + completionTokens + ", " + totalTokens + " (expected: >= 0)");
        }
    }

    /** Returns what a model server reported; its total counts only beside both parts, else their sum does. */
    static TokenUsage reported(int promptTokens, int completionTokens, OptionalInt cachedTokens, int totalTokens) {
        boolean complete = promptTokens > 0 && completionTokens > 0 && totalTokens > 0;
        int total = complete ? totalTokens : sum(promptTokens, completionTokens);
        return new TokenUsage(promptTokens, completionTokens, cachedTokens, total, false);
    }

    /** Returns the router's own count. */
    public static TokenUsage estimate(int promptTokens, int completionTokens) {
        int total = sum(promptTokens, completionTokens);
        return new TokenUsage(promptTokens, completionTokens, OptionalInt.empty(), total, true);
    }

    /** Returns this usage overlaid with a {@code later} report of the same answer: what that one knows replaces what this one says. */
    public TokenUsage merge(TokenUsage later) {
        int prompt = later.promptTokens > 0 ? later.promptTokens : promptTokens;
        int completion = later.completionTokens > 0 ? later.completionTokens : completionTokens;
        boolean complete = later.promptTokens > 0 && later.completionTokens > 0;
        return new TokenUsage(
                prompt,
                completion,
                later.cachedTokens.isPresent() ? later.cachedTokens : cachedTokens,
                complete ? later.totalTokens : sum(prompt, completion),
                later.estimated);
    }

    private static int sum(int promptTokens, int completionTokens) {
        return (int) Math.min(Integer.MAX_VALUE, (long) promptTokens + completionTokens);
    }
}
