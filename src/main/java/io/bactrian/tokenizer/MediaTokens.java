package io.bactrian.tokenizer;

import io.bactrian.request.InferenceRequest;
import io.bactrian.request.MediaCost;
import io.bactrian.request.Prompt;
import io.bactrian.scheduling.PluginParameters;
import java.util.Map;

/** Adds up what pictures and videos of a prompt weigh, and leaves the text out. */
final class MediaTokens implements MediaCost {
    private static final MediaSettings DEFAULTS = MediaSettings.read(new PluginParameters("", "", Map.of()));

    private final MediaCost cost;
    private long sum;

    private MediaTokens(MediaCost cost) {
        this.cost = cost;
    }

    /** Returns the tokens of the media, estimated as llm-d does without settings. */
    static int of(InferenceRequest request) {
        Prompt prompt = request.prompt();
        if (prompt.mediaItems() == 0) {
            return 0;
        }
        MediaTokens media = new MediaTokens(DEFAULTS.costOf(request));
        prompt.estimatedTokens(media);
        return (int) Math.min(Integer.MAX_VALUE, media.sum);
    }

    @Override
    public int image(long pixels) {
        return add(cost.image(pixels));
    }

    @Override
    public int video() {
        return add(cost.video());
    }

    private int add(int tokens) {
        sum += tokens;
        return tokens;
    }
}
