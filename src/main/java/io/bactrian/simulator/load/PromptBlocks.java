package io.bactrian.simulator.load;

import java.util.HashMap;
import java.util.Map;

/** Cuts prompts into KV blocks and numbers them: two blocks have one number if the prompts are equal up to their ends. */
final class PromptBlocks {
    private final int blockSizeTokens;
    private final Map<Long, Integer> numbers = new HashMap<>(); // by the chained hash of a prompt up to the block's end

    PromptBlocks(int blockSizeTokens) {
        this.blockSizeTokens = blockSizeTokens;
    }

    /** Returns the numbers of the blocks that lie wholly inside the prompt of {@code request}, in order. */
    int[] blocks(WorkloadRequest request) {
        int[] blocks = new int[request.promptTokens() / blockSizeTokens];
        int filled = 0; // blocks
        int room = blockSizeTokens; // tokens still missing in the block at hand
        long hash = 0;
        for (PromptBlock source : request.blocks()) {
            for (int taken = 0; taken < source.tokens() && filled < blocks.length; ) {
                int tokens = Math.min(room, source.tokens() - taken);
                hash = PromptText.mix(PromptText.mix(hash + source.id()) + span(taken, tokens));
                taken += tokens;
                room -= tokens;
                if (room == 0) {
                    blocks[filled++] = numbers.computeIfAbsent(hash, unseen -> numbers.size());
                    room = blockSizeTokens;
                }
            }
        }
        return blocks;
    }

    /** Returns how many numbers were given. */
    int count() {
        return numbers.size();
    }

    private static long span(int offset, int tokens) {
        return ((long) offset << Integer.SIZE) | tokens;
    }
}
