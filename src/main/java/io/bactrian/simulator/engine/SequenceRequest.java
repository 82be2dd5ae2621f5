package io.bactrian.simulator.engine;

import java.util.OptionalInt;

/**
 * One sequence to be generated.
 *
 * @param id names the sequence; together with the engine's seed it decides all its random delays
 * @param prompt the tokens to read, at least one
 * @param output the tokens to generate
 * @param cacheRoot start of the chain of block hashes: prompts share KV blocks only under equal roots
 * @param maxTokens the client's limit of output tokens, for the metric page
 * @param handoff what it has to do with other engines
 * @param adapter the LoRA adapter it runs with; empty for none
 */
public record SequenceRequest(
        String id,
        TokenIds prompt,
        OutputTokens output,
        long cacheRoot,
        OptionalInt maxTokens,
        Handoff handoff,
        String adapter) {

    /** A sequence without adapter. */
    public SequenceRequest(
            String id, TokenIds prompt, OutputTokens output, long cacheRoot, OptionalInt maxTokens, Handoff handoff) {
        this(id, prompt, output, cacheRoot, maxTokens, handoff, "");
    }

    public SequenceRequest {
        if (prompt.size() == 0) {
            throw new IllegalArgumentException("prompt: 0 tokens (expected: >= 1)");
        }
        if (output.size() < 1) {
            throw new IllegalArgumentException("output: " + output.size() + " tokens (expected: >= 1)");
        }
    }

    /** Asks for a sequence that has nothing to do with other engines. */
    public SequenceRequest(String id, TokenIds prompt, OutputTokens output, long cacheRoot, OptionalInt maxTokens) {
        this(id, prompt, output, cacheRoot, maxTokens, Handoff.NONE);
    }
}
