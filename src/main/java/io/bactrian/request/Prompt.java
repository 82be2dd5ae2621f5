package io.bactrian.request;

import java.util.List;

/**
 * What a request gives the model to read: one prompt, or several where the API allows a batch.
 *
 * <p>A prompt is a view of the {@link RequestBytes} of its request and may be read only while they are held.
 */
public interface Prompt {

    /** Nothing to read. */
    Prompt NONE = new Prompt() {
        @Override
        public int count() {
            return 0;
        }

        @Override
        public void read(int index, PromptSink sink) {
            throw new IndexOutOfBoundsException(index);
        }

        @Override
        public int estimatedTokens() {
            return 0;
        }
    };

    /** Returns how many prompts there are. */
    int count();

    /** Feeds prompt {@code index}, counted from 0, to {@code sink} until it ends or the sink has enough. */
    void read(int index, PromptSink sink);

    /** Returns the number of tokens of all prompts, taking four bytes of text for a token. */
    int estimatedTokens();

    /** Returns the same, with pictures and videos weighed by {@code media}. */
    default int estimatedTokens(MediaCost media) {
        return estimatedTokens();
    }

    /** Returns the images, videos and sounds among the text, in reading order; they are found and hashed anew by each call. */
    default List<MediaItem> media() {
        return List.of();
    }

    /** Returns how many images, videos and sounds there are among the text. */
    default int mediaItems() {
        return 0;
    }
}
