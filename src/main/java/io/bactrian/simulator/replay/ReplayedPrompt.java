package io.bactrian.simulator.replay;

import io.bactrian.request.Prompt;
import io.bactrian.request.PromptSink;
import io.bactrian.simulator.engine.TokenIds;
import io.bactrian.simulator.load.PromptBlock;
import java.util.List;

/** A prompt of a workload as token ids: blocks of one id hold the same tokens, the shorter a prefix of the longer. */
final class ReplayedPrompt implements Prompt {
    private static final long STEP = 0x9E3779B97F4A7C15L;
    private static final long MIX = 0xBF58476D1CE4E5B9L;

    private final TokenIds tokens;

    ReplayedPrompt(List<PromptBlock> blocks) {
        tokens = new TokenIds(blocks.stream().mapToInt(PromptBlock::tokens).sum());
        for (PromptBlock block : blocks) {
            for (int i = 0; i < block.tokens(); i++) {
                long mixed = (block.id() * STEP + i) * MIX;
                tokens.add((int) (mixed ^ (mixed >>> 32)));
            }
        }
    }

    TokenIds tokens() {
        return tokens;
    }

    @Override
    public int count() {
        return 1;
    }

    @Override
    public void read(int index, PromptSink sink) {
        for (int i = 0; i < tokens.size() && sink.tokenId(tokens.get(i)); i++) {
            // Everything happens in the condition.
        }
    }

    @Override
    public int estimatedTokens() {
        return tokens.size();
    }
}
