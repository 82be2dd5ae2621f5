package io.bactrian.request;

/**
 * A picture, video or sound that a prompt holds.
 *
 * @param modality {@link #IMAGE}, {@link #VIDEO} or {@link #AUDIO}, or what the client calls it
 * @param hash tells equal items from others: a digest, or what the client says
 * @param offset tokens of its prompt before it
 * @param length tokens that stand for it
 */
public record MediaItem(String modality, String hash, int offset, int length) {
    public static final String IMAGE = "image";
    public static final String VIDEO = "video";
    public static final String AUDIO = "audio";

    public MediaItem {
        if (offset < 0 || length < 0) {
            throw new IllegalArgumentException("media item: " + offset + ", " + length + " (expected: >= 0)");
        }
    }
}
