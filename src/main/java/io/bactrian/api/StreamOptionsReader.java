package io.bactrian.api;

import com.fasterxml.jackson.core.JsonToken;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the {@code stream_options} of OpenAI's completions, and finds the change that asks for usage. */
final class StreamOptionsReader {
    private static final String INCLUDE_USAGE = "include_usage";

    /** Of vLLM: usage in every event, if {@link #INCLUDE_USAGE} is set. */
    private static final String CONTINUOUS_USAGE = "continuous_usage_stats";

    private final BodyWalk walk;
    private boolean includeUsage;
    private boolean continuousUsage;
    private @Nullable Splice usageSplice;

    StreamOptionsReader(BodyWalk walk) {
        this.walk = walk;
    }

    /** Reads the options; the walk stands at them. */
    void read(@Nullable JsonToken value) {
        int start = walk.start();
        if (value == JsonToken.VALUE_NULL) {
            usageSplice = new Splice(start, "null".length(), "{\"" + INCLUDE_USAGE + "\":true}");
            return;
        }
        if (value != JsonToken.START_OBJECT) {
            throw Refusal.at("stream_options", value, "an object");
        }
        boolean empty = true;
        boolean found = false;
        for (String key = walk.nextName(); key != null; key = walk.nextName()) {
            JsonToken option = walk.next();
            empty = false;
            if (key.equals(CONTINUOUS_USAGE)) {
                continuousUsage = option == JsonToken.VALUE_TRUE;
            }
            if (!key.equals(INCLUDE_USAGE)) {
                walk.skip();
                continue;
            }
            if (found) {
                throw Refusal.duplicate("stream_options." + INCLUDE_USAGE);
            }
            found = true;
            readIncludeUsage(option);
        }
        if (!found) {
            usageSplice = new Splice(start + 1, 0, "\"" + INCLUDE_USAGE + "\":true" + (empty ? "" : ","));
        }
    }

    private void readIncludeUsage(@Nullable JsonToken value) {
        if (value == JsonToken.VALUE_TRUE) {
            includeUsage = true;
        } else if (value == JsonToken.VALUE_FALSE || value == JsonToken.VALUE_NULL) {
            int length = value == JsonToken.VALUE_FALSE ? "false".length() : "null".length();
            usageSplice = new Splice(walk.start(), length, "true");
        } else {
            throw Refusal.at("stream_options." + INCLUDE_USAGE, value, "true or false");
        }
    }

    /** Tells whether the client asked for usage. */
    boolean includeUsage() {
        return includeUsage;
    }

    /** Returns the change that asks for usage, to a body whose object begins at {@code objectStart}; none if the client asks itself. */
    List<Splice> usageSplices(int objectStart) {
        // Continuous usage stands in every event as soon as usage is asked for at all: it could not be taken out again.
        if (includeUsage || continuousUsage) {
            return List.of();
        }
        // A body names a model, so that its object has a member and a comma is due.
        String added = "\"" + BodyMember.STREAM_OPTIONS.key() + "\":{\"" + INCLUDE_USAGE + "\":true},";
        return List.of(usageSplice != null ? usageSplice : new Splice(objectStart + 1, 0, added));
    }
}
