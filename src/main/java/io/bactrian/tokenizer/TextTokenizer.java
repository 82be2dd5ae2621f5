package io.bactrian.tokenizer;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;

/**
 * Turns text into token ids, by a {@code tokenizer.json}. Safe between threads; its memory, which is not the heap's, is given back when
 * nobody knows it any more, since a reload of the configuration may leave requests with the old one.
 */
final class TextTokenizer {
    private static final Cleaner CLEANER = Cleaner.create();
    private static final char REPLACEMENT = '\ufffd';

    private final TokenizersLibrary library;
    private final long handle;

    private TextTokenizer(TokenizersLibrary library, long handle) {
        this.library = library;
        this.handle = handle;
        CLEANER.register(this, () -> library.deleteTokenizer(handle));
    }

    /**
     * @param json what stands in {@code tokenizer.json}
     * @throws IllegalStateException if there is no tokenizer for this machine
     * @throws IllegalArgumentException if {@code json} is none
     */
    static TextTokenizer of(String json) {
        TokenizersLibrary library = NativeLibrary.load();
        try {
            long handle = library.createTokenizerFromString(json);
            library.disableTruncation(handle);
            library.disablePadding(handle);
            return new TextTokenizer(library, handle);
        } catch (RuntimeException e) {
            throw new IllegalArgumentException(String.valueOf(e.getMessage()), e);
        }
    }

    /**
     * Returns the ids of {@code text}. It cannot be stopped: a core does some 300,000 tokens a second, and each takes some 600 bytes while
     * it lasts, so that callers limit the text.
     *
     * @param withSpecial whether the tokens are added that the tokenizer sets around a text, such as that of its begin
     */
    long[] ids(String text, boolean withSpecial) {
        long encoding = library.encode(handle, withoutLoneSurrogates(text), withSpecial);
        try {
            return library.getTokenIds(encoding);
        } finally {
            library.deleteEncoding(encoding);
            Reference.reachabilityFence(this);
        }
    }

    /** Half a character, which JSON may hold, is no text: the library would read it as several letters. */
    private static String withoutLoneSurrogates(String text) {
        int lone = loneSurrogate(text, 0);
        if (lone < 0) {
            return text;
        }
        char[] characters = text.toCharArray();
        for (; lone >= 0; lone = loneSurrogate(text, lone + 1)) {
            characters[lone] = REPLACEMENT;
        }
        return new String(characters);
    }

    private static int loneSurrogate(String text, int from) {
        for (int i = from; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                if (!Character.isSupplementaryCodePoint(text.codePointAt(i))) {
                    return i;
                }
                i++;
            }
        }
        return -1;
    }
}
