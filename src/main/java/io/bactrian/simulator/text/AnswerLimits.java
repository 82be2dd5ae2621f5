package io.bactrian.simulator.text;

import java.util.List;
import java.util.OptionalInt;

/**
 * What bounds an answer.
 *
 * @param maxTokens the client's limit of output tokens
 * @param minTokens least number of tokens, at most {@code maxTokens}
 * @param ignoreEos whether the answer has exactly {@code maxTokens}
 * @param contextLeft tokens the model's context has left after the prompt
 * @param stop texts that end the answer and are not part of it
 */
public record AnswerLimits(
        OptionalInt maxTokens, int minTokens, boolean ignoreEos, int contextLeft, List<String> stop) {
    public AnswerLimits {
        stop = List.copyOf(stop);
        if (ignoreEos && maxTokens.isEmpty()) {
            throw new IllegalArgumentException("ignoreEos: true (expected: false without maxTokens)");
        }
        if (maxTokens.isPresent() && minTokens > maxTokens.getAsInt()) {
            throw new IllegalArgumentException("minTokens: " + minTokens + " (expected: <= maxTokens)");
        }
    }
}
