package io.bactrian.discovery;

import java.time.Duration;

/**
 * Where the rules stand by which models are rewritten.
 *
 * @param file YAML file with {@code InferenceModelRewrite} resources; empty for none
 * @param checkInterval how often the file is looked at for changes
 * @param trustHeader whether the header {@code x-llm-d-model-name-rewrite} of a request names its model: for routers that only a proxy can reach
 */
public record ModelRewriteSettings(String file, Duration checkInterval, boolean trustHeader) {

    /** No rewrites, and clients name no other model but the one in the body. */
    public static final ModelRewriteSettings DEFAULTS = new ModelRewriteSettings("", Duration.ofSeconds(1), false);

    public ModelRewriteSettings {
        if (checkInterval.toMillis() < 1) {
            throw new IllegalArgumentException("checkInterval: " + checkInterval + " (expected: >= 1ms)");
        }
    }
}
