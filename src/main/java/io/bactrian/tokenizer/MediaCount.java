package io.bactrian.tokenizer;

import io.bactrian.request.MediaCost;
import io.bactrian.request.Prompt;

/** Notes whether a prompt has pictures or videos. */
final class MediaCount implements MediaCost {
    private int count;

    private MediaCount() {}

    static boolean hasMedia(Prompt prompt) {
        MediaCount media = new MediaCount();
        prompt.estimatedTokens(media);
        return media.count > 0;
    }

    @Override
    public int image(long pixels) {
        count++;
        return 0;
    }

    @Override
    public int video() {
        count++;
        return 0;
    }
}
