package io.bactrian.api;

import com.fasterxml.jackson.core.JsonToken;
import org.jspecify.annotations.Nullable;

/** Reads the {@code prompt} of a completion: a string, several strings, token ids, or several lists of token ids. */
final class PromptsReader {
    private static final String MEMBER = "prompt";
    private static final String EXPECTED = "a string, token ids, or an array of either";
    private static final long MAX_TOKEN_ID = 0xFFFF_FFFFL;

    private final BodyWalk walk;
    private final PromptDraft draft;

    PromptsReader(BodyWalk walk, PromptDraft draft) {
        this.walk = walk;
        this.draft = draft;
    }

    /** Reads the prompts; the walk stands at the member's value, {@code token}. */
    void read(@Nullable JsonToken token) {
        if (token == JsonToken.VALUE_STRING) {
            if (text() == 0) {
                throw Refusal.at(MEMBER, "empty", EXPECTED);
            }
            return;
        }
        if (token != JsonToken.START_ARRAY) {
            throw Refusal.at(MEMBER, token, EXPECTED);
        }
        int start = walk.start();
        JsonToken first = walk.next();
        if (first == JsonToken.VALUE_STRING) {
            readStrings();
        } else if (first == JsonToken.START_ARRAY) {
            readLists();
        } else if (first == JsonToken.END_ARRAY) {
            throw Refusal.at(MEMBER, "empty", EXPECTED);
        } else {
            readTokenIds(MEMBER, start, first);
        }
    }

    private void readStrings() {
        int index = 0;
        for (JsonToken next = JsonToken.VALUE_STRING; next != JsonToken.END_ARRAY; next = walk.next()) {
            if (next != JsonToken.VALUE_STRING) {
                throw Refusal.at(MEMBER + "[" + index + "]", next, "a string, as the first");
            }
            text();
            index++;
        }
    }

    private void readLists() {
        int index = 0;
        for (JsonToken next = JsonToken.START_ARRAY; next != JsonToken.END_ARRAY; next = walk.next()) {
            String place = MEMBER + "[" + index + "]";
            if (next != JsonToken.START_ARRAY) {
                throw Refusal.at(place, next, "an array of token ids, as the first");
            }
            int start = walk.start();
            JsonToken first = walk.next();
            if (first == JsonToken.END_ARRAY) {
                throw Refusal.at(place, "empty", "token ids");
            }
            readTokenIds(place, start, first);
            index++;
        }
    }

    private void readTokenIds(String place, int start, @Nullable JsonToken first) {
        int count = 0;
        for (JsonToken next = first; next != JsonToken.END_ARRAY; next = walk.next()) {
            if (next != JsonToken.VALUE_NUMBER_INT) {
                throw Refusal.at(place + "[" + count + "]", next, "a token id");
            }
            long id = walk.wholeNumber();
            if (id < 0 || id > MAX_TOKEN_ID) {
                throw Refusal.at(place + "[" + count + "]", "a number out of range", "0 to " + MAX_TOKEN_ID);
            }
            count++;
        }
        draft.tokenIds(start, walk.start() + 1, count);
    }

    private int text() {
        draft.text(draft.reserve(), walk);
        draft.endPrompt();
        return walk.textLength();
    }
}
