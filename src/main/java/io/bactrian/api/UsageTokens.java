package io.bactrian.api;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Picks token usage out of an answer's JSON, one parser token after the other, so that it works on a body that comes in pieces.
 *
 * <p>Looks at {@code usage} and {@code choices} at the top level, at {@code response.usage} of the Responses API and at
 * {@code message.usage} with which Anthropic's stream begins; or else at SGLang's {@code meta_info}, of each answer if there are several. Counts
 * given as strings are understood; what is no count is passed over. One answer, one thread.
 */
final class UsageTokens {
    private enum Scope {
        /** Several answers of SGLang. */
        LIST,
        ROOT,
        CHOICES,
        RESPONSE,
        USAGE,
        DETAILS
    }

    private final boolean ofSglang;

    /** The objects and arrays being read, from the root inwards: at most list, root, response, usage, details. */
    private final Scope[] open = new Scope[5];

    private int depth;

    /** How many objects and arrays of no interest are open. */
    private int passed;

    private String name = "";
    private boolean hasEmptyChoices;
    private UsageCounts counts = new UsageCounts();
    private @Nullable UsageCounts others; // answers of the same list that have ended

    /** @param ofSglang whether the answer is one of SGLang's own API, else one of OpenAI's or Anthropic's */
    UsageTokens(boolean ofSglang) {
        this.ofSglang = ofSglang;
    }

    /** Takes the token the parser stands at. */
    void accept(JsonToken token, JsonParser parser) throws IOException {
        if (token.isStructStart()) {
            enter(token);
        } else if (token.isStructEnd()) {
            leave();
        } else if (passed == 0 && depth > 0) {
            if (token == JsonToken.FIELD_NAME) {
                name = parser.currentName();
            } else {
                value(token, parser);
            }
        }
    }

    /** Returns the usage found so far. */
    Optional<TokenUsage> usage() {
        return Optional.ofNullable(others == null ? counts.usage() : others.usage());
    }

    /** Tells whether {@code choices} is there and holds nothing. */
    boolean hasEmptyChoices() {
        return hasEmptyChoices;
    }

    private void enter(JsonToken token) {
        if (depth > 0 && open[depth - 1] == Scope.CHOICES) {
            hasEmptyChoices = false;
        }
        Scope inner = passed > 0 ? null : inner(token);
        if (inner == null) {
            passed++;
            return;
        }
        open[depth++] = inner;
        hasEmptyChoices |= inner == Scope.CHOICES;
    }

    private @Nullable Scope inner(JsonToken token) {
        if (token == JsonToken.START_ARRAY) {
            if (depth == 0) {
                return ofSglang ? Scope.LIST : null;
            }
            return depth == 1 && name.equals("choices") ? Scope.CHOICES : null;
        }
        if (depth == 0) {
            return Scope.ROOT;
        }
        return switch (open[depth - 1]) {
            case LIST -> Scope.ROOT;
            case ROOT ->
                switch (name) {
                    case "response", "message" -> ofSglang ? null : Scope.RESPONSE;
                    case "usage" -> ofSglang ? null : Scope.USAGE;
                    case "meta_info" -> ofSglang ? Scope.USAGE : null;
                    default -> null;
                };
            case RESPONSE -> name.equals("usage") ? Scope.USAGE : null;
            case USAGE -> UsageCounts.isDetails(name) ? Scope.DETAILS : null;
            case CHOICES, DETAILS -> null;
        };
    }

    private void leave() {
        if (passed > 0) {
            passed--;
        } else if (depth > 0) {
            depth--;
            if (depth == 1 && open[0] == Scope.LIST) {
                endOfAnswer();
            }
        }
    }

    private void endOfAnswer() {
        if (others != null) {
            counts.add(others);
        }
        others = counts;
        counts = new UsageCounts();
    }

    private void value(JsonToken token, JsonParser parser) throws IOException {
        switch (open[depth - 1]) {
            case USAGE -> counts.set(name, count(token, parser));
            case DETAILS -> counts.setDetail(name, count(token, parser));
            case CHOICES -> hasEmptyChoices = false;
            case LIST, ROOT, RESPONSE -> {}
        }
    }

    /** Returns a number, or a string that holds one, cut to an int; -1 if it is none or negative. */
    private static int count(JsonToken token, JsonParser parser) throws IOException {
        if (!token.isNumeric() && token != JsonToken.VALUE_STRING) {
            return -1;
        }
        try {
            double value = Double.parseDouble(parser.getText());
            return value >= 0 ? (int) value : -1;
        } catch (NumberFormatException e) {
            return -1;
        }
    }
}
