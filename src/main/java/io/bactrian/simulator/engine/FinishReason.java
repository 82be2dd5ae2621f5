package io.bactrian.simulator.engine;

import java.util.Locale;

/** Why a sequence ended. */
public enum FinishReason {
    /** The model ended its answer, or a stop string came up. */
    STOP,
    /** The limit of output tokens, or the KV cache, was exhausted. */
    LENGTH,
    /** Too little of the prompt was cached: the client asked not to compute it here. */
    CACHE_THRESHOLD,
    /** The client left. */
    ABORT;

    /** Returns the word used in answers and in the metric {@code vllm:request_success_total}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
