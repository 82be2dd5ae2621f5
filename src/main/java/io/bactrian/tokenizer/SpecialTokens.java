package io.bactrian.tokenizer;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds where a text can be cut so that its tokens are those of its parts.
 *
 * <p>A tokenizer takes special tokens out of a text before anything else, the leftmost first and of those the longest, and treats what
 * stands between them apart. A cut before such a token therefore changes nothing, if the token is looked for in the text as it is (not
 * {@code normalized}) and the text before it does not matter to it ({@code lstrip}, {@code single_word}). Nothing else of a tokenizer promises as
 * much: two words may be one token.
 */
final class SpecialTokens {
    /** Nearer cuts cost more to remember than they save. */
    static final int MIN_DISTANCE = 512;

    private final Node root = new Node();
    private final BitSet begins = new BitSet(); // the letters that tokens begin with
    private final boolean cuts;

    /**
     * A token of {@code added_tokens}.
     *
     * @param wholeWord only where no letter is beside it ({@code single_word})
     * @param takesSpaceBefore with the white space before it ({@code lstrip})
     */
    record Token(String content, boolean wholeWord, boolean takesSpaceBefore) {
        boolean cuts() {
            return !takesSpaceBefore && !Character.isWhitespace(content.codePointAt(0));
        }
    }

    private static final class Node {
        private final Map<Character, Node> next = new HashMap<>();
        private @Nullable Token token;
    }

    /** @param tokens those that are looked for in the text as it is */
    SpecialTokens(List<Token> tokens) {
        for (Token token : tokens) {
            Node node = root;
            for (char letter : token.content().toCharArray()) {
                node = node.next.computeIfAbsent(letter, any -> new Node());
            }
            node.token = token;
            begins.set(token.content().charAt(0));
        }
        // One that minds its neighbours sees the end of the text where another token would be
        this.cuts = tokens.stream().noneMatch(Token::wholeWord);
    }

    /** Returns where {@code text} can be cut, ascending; neither at its begin nor at its end. */
    List<Integer> cutsOf(String text) {
        List<Integer> found = new ArrayList<>();
        int last = 0;
        int i = 0;
        while (cuts && i < text.length()) {
            Token token = begins.get(text.charAt(i)) ? longestAt(text, i) : null;
            if (token == null) {
                i++;
                continue;
            }
            if (token.cuts() && i - last >= MIN_DISTANCE) {
                found.add(i);
                last = i;
            }
            i += token.content().length();
        }
        return found;
    }

    private @Nullable Token longestAt(String text, int from) {
        Token longest = null;
        Node node = root.next.get(text.charAt(from));
        for (int i = from + 1; node != null; i++) {
            longest = node.token == null ? longest : node.token;
            node = i < text.length() ? node.next.get(text.charAt(i)) : null;
        }
        return longest;
    }
}
