package io.bactrian.simulator.text;

import io.bactrian.simulator.engine.TokenIds;

/**
 * Splits text into tokens by rules simple enough to need no model.
 *
 * <p>From left to right, a token is one punctuation character or a longest run of ASCII letters, digits and underscores,
 * together with all white space that follows. Its id is the 32-bit FNV-1a hash of its UTF-8 bytes. These are the rules of
 * llm-d's inference simulator, so both count alike; any other character, which that one drops, is a token here.
 */
public final class DummyTokenizer {
    private static final int FNV_OFFSET = 0x811c9dc5;
    private static final int FNV_PRIME = 0x01000193;
    private static final int BYTES_PER_TOKEN = 5;

    private DummyTokenizer() {}

    /** Returns the tokens of {@code text}. */
    public static TokenIds tokenize(CharSequence text) {
        TokenIds tokens = new TokenIds(text.length() / BYTES_PER_TOKEN);
        tokenize(text, tokens);
        return tokens;
    }

    /** Appends the tokens of {@code text} to {@code tokens}. */
    public static void tokenize(CharSequence text, TokenIds tokens) {
        int length = text.length();
        int at = 0;
        while (at < length) {
            int hash = FNV_OFFSET;
            char c = text.charAt(at++);
            if (isWord(c) && c != '_') {
                hash = hash(hash, c);
                while (at < length && isWord(c = text.charAt(at))) {
                    hash = hash(hash, c);
                    at++;
                }
            } else if (Character.isHighSurrogate(c) && at < length && Character.isLowSurrogate(text.charAt(at))) {
                hash = hash(hash, Character.toCodePoint(c, text.charAt(at++)));
            } else {
                hash = hash(hash, c);
            }
            while (at < length && isSpace(c = text.charAt(at))) {
                hash = hash(hash, c);
                at++;
            }
            tokens.add(hash);
        }
    }

    /** Returns the id of {@code piece} taken as one token. */
    static int id(String piece) {
        return piece.codePoints().reduce(FNV_OFFSET, DummyTokenizer::hash);
    }

    private static boolean isWord(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    }

    private static boolean isSpace(char c) {
        return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
    }

    private static int hash(int hash, int codePoint) {
        if (codePoint < 0x80) {
            return (hash ^ codePoint) * FNV_PRIME;
        }
        int next = hash;
        if (codePoint < 0x800) {
            next = (next ^ (0xc0 | codePoint >> 6)) * FNV_PRIME;
        } else {
            if (codePoint < 0x10000) {
                next = (next ^ (0xe0 | codePoint >> 12)) * FNV_PRIME;
            } else {
                next = (next ^ (0xf0 | codePoint >> 18)) * FNV_PRIME;
                next = (next ^ (0x80 | (codePoint >> 12 & 0x3f))) * FNV_PRIME;
            }
            next = (next ^ (0x80 | (codePoint >> 6 & 0x3f))) * FNV_PRIME;
        }
        return (next ^ (0x80 | (codePoint & 0x3f))) * FNV_PRIME;
    }
}
