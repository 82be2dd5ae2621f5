package io.bactrian.simulator.load;

import java.time.Duration;
import java.util.List;

/**
 * One request of a workload. Two requests share exactly the prompt prefix their leading blocks have in common.
 *
 * @param sendAt when to send it, from the start of the workload
 * @param blocks the prompt, in order; at least one block
 * @param outputTokens tokens to be generated, at least 1
 * @param model the model to ask for; empty for the one that all requests of a run ask for
 */
public record WorkloadRequest(Duration sendAt, List<PromptBlock> blocks, int outputTokens, String model) {

    /** A request for the model of the run. */
    public WorkloadRequest(Duration sendAt, List<PromptBlock> blocks, int outputTokens) {
        this(sendAt, blocks, outputTokens, "");
    }

    public WorkloadRequest {
        blocks = List.copyOf(blocks);
        if (sendAt.isNegative()) {
            throw new IllegalArgumentException("sendAt: " + sendAt + " (expected: >= 0)");
        }
        if (blocks.isEmpty()) {
            throw new IllegalArgumentException("blocks: none (expected: >= 1)");
        }
        if (outputTokens < 1) {
            throw new IllegalArgumentException("outputTokens: " + outputTokens + " (expected: >= 1)");
        }
    }

    /** Returns the length of the prompt in tokens. */
    public int promptTokens() {
        int tokens = 0;
        for (PromptBlock block : blocks) {
            tokens += block.tokens();
        }
        return tokens;
    }
}
