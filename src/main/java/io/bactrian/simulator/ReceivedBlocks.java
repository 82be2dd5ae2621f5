package io.bactrian.simulator;

import io.bactrian.simulator.engine.InferenceEngine;
import io.bactrian.simulator.engine.TokenIds;
import java.util.HashMap;
import java.util.Map;

/**
 * Blocks that other servers have pushed here, by the prompt they are of, as LMCache's receiver keeps them: until a request reads them, for
 * which there is no limit of time. Confined to the engine's thread.
 */
final class ReceivedBlocks {
    private final InferenceEngine engine;
    private final Map<Long, Integer> tokens = new HashMap<>(); // by the hash of the prompt

    ReceivedBlocks(InferenceEngine engine) {
        this.engine = engine;
    }

    /** Keeps the blocks of a prompt of {@code promptTokens}; those of a prompt that is here already stay. */
    void put(long promptHash, int promptTokens) {
        tokens.put(promptHash, promptTokens);
    }

    /** Tells whether those of {@code prompt} are here, or of all but its last token. */
    boolean has(TokenIds prompt, long cacheRoot) {
        return tokens.containsKey(InferenceEngine.promptHash(prompt, cacheRoot))
                || tokens.containsKey(InferenceEngine.promptHash(allButLast(prompt), cacheRoot));
    }

    /** Gives those up, and returns how many leading tokens of {@code prompt} they are of; 0 if there are none. */
    int take(TokenIds prompt, long cacheRoot) {
        Integer behind = tokens.remove(InferenceEngine.promptHash(allButLast(prompt), cacheRoot));
        Integer all = tokens.remove(InferenceEngine.promptHash(prompt, cacheRoot));
        if (all != null) {
            return all;
        }
        return behind == null ? 0 : behind;
    }

    private static TokenIds allButLast(TokenIds prompt) {
        TokenIds rest = new TokenIds(prompt.size());
        for (int i = 0; i < prompt.size() - 1; i++) {
            rest.add(prompt.get(i));
        }
        return rest;
    }

    /** Returns how many prompts are here. */
    int sets() {
        return tokens.size();
    }

    /** Returns their blocks. */
    int blocks() {
        int size = engine.options().blockSizeTokens();
        return tokens.values().stream()
                .mapToInt(count -> (count + size - 1) / size)
                .sum();
    }
}
