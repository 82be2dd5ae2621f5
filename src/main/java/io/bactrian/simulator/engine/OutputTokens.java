package io.bactrian.simulator.engine;

/** What a sequence is going to generate; decided before it runs, so that timing never changes the answer. */
public interface OutputTokens {

    /** Returns the number of tokens, at least 1. */
    int size();

    /** Returns the id of token {@code index}, counted from 0. */
    int id(int index);

    /** Returns how the sequence ends once all tokens are generated. */
    FinishReason finishReason();
}
