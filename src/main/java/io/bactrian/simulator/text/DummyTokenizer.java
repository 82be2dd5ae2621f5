package io.bactrian.simulator.text;

import io.bactrian.simulator.engine.TokenIds;
import java.nio.charset.StandardCharsets;

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

    // By byte: what continues a word, and what counts as white space.
    private static final boolean[] IS_WORD = new boolean[256];
    private static final boolean[] IS_SPACE = new boolean[256];

    static {
        for (char c = 'a'; c <= 'z'; c++) {
            IS_WORD[c] = true;
            IS_WORD[Character.toUpperCase(c)] = true;
        }
        for (char c = '0'; c <= '9'; c++) {
            IS_WORD[c] = true;
        }
        IS_WORD['_'] = true;
        for (char c : new char[] {' ', '\n', '\t', '\r', '\f'}) {
            IS_SPACE[c] = true;
        }
    }

    private DummyTokenizer() {}

    /** Returns the tokens of {@code text}. */
    public static TokenIds tokenize(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        TokenIds tokens = new TokenIds(utf8.length / BYTES_PER_TOKEN);
        int at = 0;
        while (at < utf8.length) {
            int first = utf8[at++] & 0xff;
            int hash = hash(FNV_OFFSET, first);
            if (first >= 0x80) {
                // The other bytes of the same character.
                while (at < utf8.length && (utf8[at] & 0xc0) == 0x80) {
                    hash = hash(hash, utf8[at++] & 0xff);
                }
            } else if (IS_WORD[first] && first != '_') {
                while (at < utf8.length && IS_WORD[utf8[at] & 0xff]) {
                    hash = hash(hash, utf8[at++]);
                }
            }
            while (at < utf8.length && IS_SPACE[utf8[at] & 0xff]) {
                hash = hash(hash, utf8[at++]);
            }
            tokens.add(hash);
        }
        return tokens;
    }

    /** Returns the id of {@code piece} taken as one token. */
    static int id(String piece) {
        int hash = FNV_OFFSET;
        for (byte b : piece.getBytes(StandardCharsets.UTF_8)) {
            hash = hash(hash, b & 0xff);
        }
        return hash;
    }

    private static int hash(int hash, int octet) {
        return (hash ^ octet) * FNV_PRIME;
    }
}
