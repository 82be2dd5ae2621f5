package io.bactrian.simulator;

/**
 * What a simulated model server is doing and has done since it was started or restarted.
 *
 * <p>Requests are counted as the HTTP side sees them, sequences as the engine does; a request for n choices is one
 * request and n sequences.
 *
 * @param runningSequences sequences in the batch
 * @param waitingSequences sequences in the queue
 * @param startedRequests completion requests accepted by the engine
 * @param completedRequests those whose answer was written to its end
 * @param abortedRequests those whose client left first
 * @param failedRequests completion requests refused or answered with an error, and answers cut by a fault
 * @param abortedSequences sequences dropped because their client left
 * @param promptTokens tokens of all prompts that began to run
 * @param cachedTokens those found in the prefix cache
 * @param generatedTokens tokens generated
 * @param preemptions times a sequence lost its blocks
 * @param referencedBlocks KV blocks held by running sequences
 * @param cachedBlocks KV blocks that can be reused
 * @param openConnections client connections
 * @param unsentBytes bytes of answers that wait for their clients to read
 */
public record ServerSnapshot(
        int runningSequences,
        int waitingSequences,
        long startedRequests,
        long completedRequests,
        long abortedRequests,
        long failedRequests,
        long abortedSequences,
        long promptTokens,
        long cachedTokens,
        long generatedTokens,
        long preemptions,
        int referencedBlocks,
        int cachedBlocks,
        int openConnections,
        long unsentBytes) {

    /** Tells whether the engine has nothing to do and holds no block. */
    public boolean isIdle() {
        return runningSequences == 0 && waitingSequences == 0 && referencedBlocks == 0;
    }
}
