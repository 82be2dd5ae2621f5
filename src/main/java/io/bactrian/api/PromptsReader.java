package io.bactrian.api;

import com.fasterxml.jackson.core.JsonToken;
import org.jspecify.annotations.Nullable;

/** Reads the prompts of a completion, an embedding or an engine's own generate: a string, several strings, token ids, or several lists of token ids. */
final class PromptsReader {
    private static final String EXPECTED = "a string, token ids, or an array of either";
    private static final long MAX_TOKEN_ID = 0xFFFF_FFFFL;

    private final BodyWalk walk;
    private final PromptDraft draft;
    private final String member;

    /** @param member what the prompts are called in the body */
    PromptsReader(BodyWalk walk, PromptDraft draft, BodyMember member) {
        this.walk = walk;
        this.draft = draft;
        this.member = member.key();
    }

    /** Reads the prompts; the walk stands at the member's value, {@code token}. */
    void read(@Nullable JsonToken token) {
        if (token == JsonToken.VALUE_STRING) {
            if (text() == 0) {
                throw Refusal.at(member, "empty", EXPECTED);
            }
            return;
        }
        if (token != JsonToken.START_ARRAY) {
            throw Refusal.at(member, token, EXPECTED);
        }
        int start = walk.start();
        JsonToken first = walk.next();
        if (first == JsonToken.VALUE_STRING) {
            readStrings();
        } else if (first == JsonToken.START_ARRAY) {
            readLists();
        } else if (first == JsonToken.END_ARRAY) {
            throw Refusal.at(member, "empty", EXPECTED);
        } else {
            readTokenIds(member, start, first);
        }
    }

    private void readStrings() {
        int index = 0;
        for (JsonToken next = JsonToken.VALUE_STRING; next != JsonToken.END_ARRAY; next = walk.next()) {
            if (next != JsonToken.VALUE_STRING) {
                throw Refusal.at(member + "[" + index + "]", next, "a string, as the first");
            }
            text();
            index++;
        }
    }

    private void readLists() {
        int index = 0;
        for (JsonToken next = JsonToken.START_ARRAY; next != JsonToken.END_ARRAY; next = walk.next()) {
            String place = member + "[" + index + "]";
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
