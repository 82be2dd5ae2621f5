package io.bactrian.api;

import io.bactrian.api.Spans.Kind;
import io.bactrian.request.Prompt;

/**
 * Collects the parts of a prompt while a body is walked.
 *
 * <p>A place in the reading order is reserved first and filled when its part is met, for members of a JSON object come in any order.
 */
final class PromptDraft {
    /** What an image of 640 x 360 weighs in llm-d's estimate; the size of the real one is not looked at. */
    static final int IMAGE_TOKENS = 225;

    /** What a video weighs in llm-d's estimate: 20 frames of the size above. */
    static final int VIDEO_TOKENS = 20 * IMAGE_TOKENS;

    static final int BYTES_PER_TOKEN = 4;

    private final Spans spans = new Spans();
    private long textBytes;
    private long tokens;
    private int mediaItems;

    /** Reserves the next place in reading order. */
    int reserve() {
        return spans.reserve();
    }

    /** Puts the text of the string that {@code walk} stands at into {@code place}, and passes over it. */
    void text(int place, BodyWalk walk) {
        int start = walk.start() + 1;
        walk.passString();
        boolean plain = walk.textLength() == walk.stringEnd() - start;
        spans.set(place, start, walk.stringEnd(), plain ? Kind.PLAIN : Kind.ESCAPED);
        textBytes += walk.textLength();
    }

    /** Puts the JSON from {@code start} to {@code end} at {@code place}, as it was written. */
    void json(int place, int start, int end) {
        spans.set(place, start, end, Kind.JSON);
        textBytes += end - start;
    }

    /** Puts the image or video named or held by the JSON from {@code start} to {@code end} at {@code place}. */
    void media(int place, int start, int end, Kind kind) {
        spans.set(place, start, end, kind);
        mediaItems++;
        tokens += kind == Kind.VIDEO ? VIDEO_TOKENS : IMAGE_TOKENS;
    }

    /** Counts a sound, whose JSON is put among the text. */
    void sound() {
        mediaItems++;
    }

    void tokenIds(int start, int end, int count) {
        spans.add(start, end, Kind.TOKEN_IDS);
        tokens += count;
    }

    /** Ends a text prompt, whose bytes are counted up to a whole token. */
    void endPrompt() {
        tokens += (textBytes + BYTES_PER_TOKEN - 1) / BYTES_PER_TOKEN;
        textBytes = 0;
    }

    /** Returns all parts as one prompt. */
    Prompt single(ByteViews bytes) {
        return new SpanPrompt(bytes, spans, false, estimate(), mediaItems);
    }

    /** Returns each part as a prompt of its own. */
    Prompt batch(ByteViews bytes) {
        return new SpanPrompt(bytes, spans, true, estimate(), mediaItems);
    }

    private int estimate() {
        return (int) Math.min(Integer.MAX_VALUE, tokens);
    }
}
