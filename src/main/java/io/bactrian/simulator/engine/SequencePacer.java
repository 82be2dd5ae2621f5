package io.bactrian.simulator.engine;

/** Gives each sequence its own timer: the others matter only by their number. */
final class SequencePacer implements Pacer {
    private final Batch batch;
    private final SequenceLatency latency;
    private final int maxSequences;
    private final EngineTime time;
    private final Runnable onTokens;
    private boolean isStopped;

    SequencePacer(Batch batch, SequenceLatency latency, int maxSequences, EngineTime time, Runnable onTokens) {
        this.batch = batch;
        this.latency = latency;
        this.maxSequences = maxSequences;
        this.time = time;
        this.onTokens = onTokens;
    }

    /** Takes over sequences that another pacer had running. */
    void adopt() {
        for (Sequence sequence : batch.running().toArray(Sequence[]::new)) {
            scheduleNext(sequence, time.now());
        }
    }

    @Override
    public void wake() {
        if (isStopped) {
            return;
        }
        long now = time.now();
        for (Sequence next = batch.startNext(now); next != null; next = batch.startNext(now)) {
            scheduleNext(next, now);
        }
        onTokens.run();
    }

    @Override
    public void stop() {
        isStopped = true;
    }

    private void scheduleNext(Sequence sequence, long startNanos) {
        double load = latency.following().loadFactor(batch.running().size(), maxSequences);
        // What came from elsewhere needs no prefill: its first token is one like those that follow.
        double delay = sequence.isDecoding() || sequence.isLoadedWhole()
                ? latency.following().nanos(load, sequence.random)
                : latency.firstTokenNanos(uncached(sequence), load, sequence.random);
        long endNanos = time.end(startNanos, delay);
        int run = sequence.run;
        time.at(endNanos, () -> generate(sequence, run, endNanos));
    }

    /** A prompt that is cached to its last token costs nothing, although that token is computed again. */
    private static int uncached(Sequence sequence) {
        return sequence.hasRunBefore() && sequence.generatedTokens() == 0
                ? sequence.promptTokens() - sequence.cachedTokens()
                : sequence.tokensToCompute();
    }

    private void generate(Sequence sequence, int run, long plannedNanos) {
        if (isStopped || !sequence.isRunning() || sequence.run != run) {
            return;
        }
        batch.compute(sequence, sequence.tokensToCompute(), time.now());
        if (sequence.isRunning() && batch.reserve(sequence, time.now())) {
            scheduleNext(sequence, time.startAfter(plannedNanos));
        }
        wake();
    }
}
