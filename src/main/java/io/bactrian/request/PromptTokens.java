package io.bactrian.request;

/**
 * How many tokens a request gives the model to read.
 *
 * @param count the tokens
 * @param source who counted, and why not somebody better
 */
public record PromptTokens(int count, String source) {
    /** Who counts if nobody else does: four bytes of text are a token. */
    public static final String ESTIMATE = "estimate";

    /** By llm-d's name of the data and of its default producer. */
    public static final DataKey<PromptTokens> KEY = new DataKey<>("TokenizedPrompt", "token-producer");

    public PromptTokens {
        if (count < 0) {
            throw new IllegalArgumentException("tokens: " + count + " (expected: >= 0)");
        }
    }
}
