package io.bactrian.scheduling.producer;

/**
 * What a model server reported to have had cached of a prompt, in the blocks of the index. The index counts four bytes for a
 * token, the model server counts true ones, so that shares of the prompt are compared.
 *
 * @param promptTokens of the prompt, true ones; more than 0
 * @param tokens of them that were cached, 0 to {@code promptTokens}
 * @param blocks those of the prompt, as the index counts
 * @param blockSizeTokens tokens in one of them
 * @param estimatedTokens of the prompt, as the index counts
 */
record CachedPrompt(int promptTokens, int tokens, int blocks, int blockSizeTokens, int estimatedTokens) {
    /** Tokens are not equally long everywhere in a prompt: a miss by less than this share of the prompt's cached part is none. */
    private static final double UNEVENNESS = 1 / 8.0;

    static CachedPrompt of(int promptTokens, int cachedTokens, int blocks, int blockSizeTokens, int estimatedTokens) {
        // Anthropic's input tokens are those that were not cached, so that there may be fewer.
        return new CachedPrompt(
                promptTokens,
                Math.max(0, Math.min(cachedTokens, promptTokens)),
                blocks,
                blockSizeTokens,
                Math.max(1, estimatedTokens));
    }

    /**
     * Returns how many leading blocks the model server may have held, at most: it reports full blocks of its own alone, and never the
     * last token, as that one is computed to get the first of the answer.
     *
     * @param cacheBlockTokens tokens in one block of the model server
     */
    int heldBlocks(int cacheBlockTokens) {
        double held = (tokens * (1 + UNEVENNESS) + cacheBlockTokens) / promptTokens * estimatedTokens;
        return (int) Math.min(blocks, Math.ceil(held / blockSizeTokens));
    }

    /** Returns how many true tokens {@code matchedBlocks} leading blocks are. */
    long tokens(int matchedBlocks) {
        double share = (double) matchedBlocks * blockSizeTokens / estimatedTokens;
        return Math.round(Math.min(1, share) * promptTokens);
    }
}
