package io.bactrian.simulator.fit;

/**
 * One measured run of a batch: all prompts are read in one step, then all answers are generated together.
 *
 * @param setup model, hardware and tensor parallelism
 * @param promptTokens of each prompt
 * @param batchSize prompts in the batch
 * @param outputTokens of each answer, as far as it was generated
 * @param firstTokenNanos time until the first tokens
 * @param tokenNanos mean time of a later token
 */
record Measurement(
        Setup setup, int promptTokens, int batchSize, int outputTokens, double firstTokenNanos, double tokenNanos) {

    /**
     * What was measured.
     *
     * @param tensorParallel GPUs that share the model
     */
    record Setup(String model, String hardware, int tensorParallel) {
        @Override
        public String toString() {
            return model + ", " + hardware + ", TP" + tensorParallel;
        }
    }

    int batchTokens() {
        return promptTokens * batchSize;
    }

    /** Returns the tokens the whole batch looks back on, averaged over its decode steps. */
    double meanContextTokens() {
        return batchSize * (promptTokens + outputTokens / 2.0);
    }
}
