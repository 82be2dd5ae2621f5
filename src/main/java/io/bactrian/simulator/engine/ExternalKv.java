package io.bactrian.simulator.engine;

import java.util.function.IntConsumer;

/** KV entries of a prompt that exist somewhere else, and are loaded before the rest of the prompt is computed. */
public interface ExternalKv {

    /**
     * Begins to load what follows the first {@code localTokens} of the prompt; called once, on the engine's thread, when
     * the sequence has blocks for it.
     *
     * @param localTokens leading tokens the engine has in its own prefix cache
     * @param loaded to be called once, on the engine's thread and not within this call, with the number of leading
     *     prompt tokens that are present from then on; no more than {@code localTokens} if nothing came
     * @return gives the load up; {@code loaded} is not called any more
     */
    Runnable load(int localTokens, IntConsumer loaded);
}
