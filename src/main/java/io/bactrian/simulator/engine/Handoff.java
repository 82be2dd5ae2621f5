package io.bactrian.simulator.engine;

import org.jspecify.annotations.Nullable;

/**
 * What a sequence has to do with other engines.
 *
 * @param source where its prompt was computed already, or null
 * @param keepsBlocks whether its KV blocks stay when it has ended at its token limit, until
 *     {@link InferenceEngine#releaseBlocks} is called
 */
public record Handoff(@Nullable ExternalKv source, boolean keepsBlocks) {

    /** Computes everything itself and keeps nothing. */
    public static final Handoff NONE = new Handoff(null, false);

    /** Keeps its blocks for another engine. */
    public static final Handoff KEEP = new Handoff(null, true);

    /** Loads what is there of its prompt from {@code source}. */
    public static Handoff from(ExternalKv source) {
        return new Handoff(source, false);
    }
}
