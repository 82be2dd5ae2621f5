package io.bactrian.simulator.load;

/**
 * A run of prompt tokens with an identity: blocks of equal id hold equal text, blocks of different ids differ.
 *
 * @param id names the text
 * @param tokens how much of the text there is, at least 1; the shorter of two blocks of one id is a prefix of the longer
 */
public record PromptBlock(long id, int tokens) {
    public PromptBlock {
        if (tokens < 1) {
            throw new IllegalArgumentException("tokens: " + tokens + " (expected: >= 1)");
        }
    }
}
