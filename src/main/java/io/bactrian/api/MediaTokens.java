package io.bactrian.api;

/**
 * What a picture or a video weighs for a model: llm-d's estimate, a token for each 1024 pixels.
 *
 * <p>The size of a picture in the body is read from its first bytes; one that is elsewhere counts as 640 x 360, a video as 20
 * such pictures.
 */
final class MediaTokens {
    static final int DEFAULT_IMAGE = 640 * 360 / 1024;
    static final int DEFAULT_VIDEO = 20 * DEFAULT_IMAGE;

    private static final long PIXELS_PER_TOKEN = 1024;

    /** As many as the largest pictures come to that model servers take; a header may claim anything. */
    private static final int MAX_IMAGE = 16_384;

    private MediaTokens() {}

    /** Returns the tokens of the picture or video that the JSON of {@code bytes} from {@code start} to {@code end} names or holds. */
    static int of(Spans.Kind kind, ByteViews bytes, int start, int end) {
        if (kind == Spans.Kind.VIDEO) {
            return DEFAULT_VIDEO;
        }
        long pixels = ImageSize.pixels(bytes, start, end);
        return pixels < 0 ? DEFAULT_IMAGE : (int) Math.min(MAX_IMAGE, Math.max(1, pixels / PIXELS_PER_TOKEN));
    }
}
