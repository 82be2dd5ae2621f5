package io.bactrian.api;

/**
 * What an answer is to say in place of what the endpoint says that gave it, where another computed its prompt.
 *
 * @param cachedTokens tokens of the prompt that the other had cached; {@link #AS_REPORTED} leaves what is there
 * @param inputLogprobs the log probabilities of the prompt's tokens that the other knows, as a JSON array in the form of SGLang's
 *     {@code meta_info.input_token_logprobs}, to be put before those of the answer; empty if there are none
 */
public record AnswerCorrection(int cachedTokens, String inputLogprobs) {
    /** The endpoint's own count of cached tokens stands. */
    public static final int AS_REPORTED = -1;

    /** Everything stays. */
    public static final AnswerCorrection NONE = new AnswerCorrection(AS_REPORTED, "");

    /** Tells whether the count of cached tokens changes. */
    public boolean changesUsage() {
        return cachedTokens != AS_REPORTED;
    }

    /** Tells whether there are log probabilities to be put in. */
    public boolean addsLogprobs() {
        return !inputLogprobs.isEmpty();
    }
}
