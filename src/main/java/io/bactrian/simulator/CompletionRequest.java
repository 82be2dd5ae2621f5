package io.bactrian.simulator;

import io.bactrian.simulator.engine.TokenIds;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A chat or text completion to be answered.
 *
 * @param isChat whether it came to {@code /v1/chat/completions}
 * @param model the name the client used
 * @param prompts one for a chat, one or more for a text completion
 * @param choices answers wanted for each prompt
 * @param maxTokens limit of tokens of each answer
 * @param minTokens least number of tokens of each answer
 * @param ignoreEos whether answers have exactly {@code maxTokens}
 * @param isStreamed whether the answer is a stream of events
 * @param includeUsage whether the stream ends with token usage
 * @param isGreedy whether the prompt alone decides the answer
 * @param seed the client's seed, which with the prompt decides the answer
 * @param stop texts that end an answer
 * @param cacheSalt separates prompts that must not share KV blocks
 * @param transfer what it says of other servers
 */
record CompletionRequest(
        boolean isChat,
        String model,
        List<TokenIds> prompts,
        int choices,
        OptionalInt maxTokens,
        int minTokens,
        boolean ignoreEos,
        boolean isStreamed,
        boolean includeUsage,
        boolean isGreedy,
        OptionalLong seed,
        List<String> stop,
        String cacheSalt,
        TransferRequest transfer) {

    /** Tells whether each answer is one token, because it only serves to compute the prompt for a leg beside it. */
    boolean isPrefillOnly() {
        return transfer.prompts().stream()
                .anyMatch(prompt -> prompt.keep() != null && prompt.keep().answersWhenRead());
    }

    int promptTokens() {
        return prompts.stream().mapToInt(TokenIds::size).sum();
    }
}
