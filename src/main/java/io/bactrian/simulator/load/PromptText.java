package io.bactrian.simulator.load;

import io.netty.buffer.ByteBuf;

/**
 * Turns prompt blocks into text, always the same for the same id.
 *
 * <p>A token is three lower-case letters and a space. That is four bytes, as routers estimate tokens, and one word, as
 * the simulated model servers count them, so lengths hold in both. Words come from a vocabulary of 2^13: five of them
 * carry the 64 bits of one step of a counter-based generator keyed by the id. The first step is a bijection of the id,
 * so two ids differ within their first five tokens.
 */
final class PromptText {
    static final int BYTES_PER_TOKEN = Integer.BYTES;

    private static final int WORD_BITS = 13;
    private static final int WORDS_PER_STEP = 5;
    private static final int[] VOCABULARY = vocabulary(); // each word as the four ASCII bytes of a big-endian int
    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    private PromptText() {}

    /** Appends the text of {@code block}. */
    static void write(PromptBlock block, ByteBuf out) {
        long key = mix(block.id() + GOLDEN_GAMMA);
        long bits = 0;
        for (int token = 0; token < block.tokens(); token++) {
            int word = token % WORDS_PER_STEP;
            if (word == 0) {
                bits = mix(key + token * GOLDEN_GAMMA);
            }
            out.writeInt(VOCABULARY[(int) (bits >>> (word * WORD_BITS)) & (VOCABULARY.length - 1)]);
        }
    }

    /** Spreads the bits of {@code value} over the whole result; different values give different results. */
    static long mix(long value) {
        // The finalizer of SplitMix64: https://doi.org/10.1145/2660193.2660195
        long mixed = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }

    private static int[] vocabulary() {
        int[] words = new int[1 << WORD_BITS];
        for (int i = 0; i < words.length; i++) {
            words[i] = (letter(i) << 24) | (letter(i / 26) << 16) | (letter(i / (26 * 26)) << 8) | ' ';
        }
        return words;
    }

    private static int letter(int number) {
        return 'a' + number % 26;
    }
}
