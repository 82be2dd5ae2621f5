package io.bactrian.simulator.replay;

import io.bactrian.simulator.engine.FinishReason;
import io.bactrian.simulator.engine.OutputTokens;

/** An answer of exactly as many tokens as were asked for; which ones does not matter. */
record FixedOutput(int size) implements OutputTokens {
    @Override
    public int id(int index) {
        return -1 - index;
    }

    @Override
    public FinishReason finishReason() {
        return FinishReason.LENGTH;
    }
}
