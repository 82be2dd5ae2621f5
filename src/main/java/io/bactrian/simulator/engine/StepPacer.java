package io.bactrian.simulator.engine;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Continuous batching with chunked prefill, as vLLM's scheduler does it: each step first serves the running sequences in
 * the order they started, then lets waiting ones in while seats, blocks and the step's token budget last. A prompt longer
 * than what is left of the budget is read over several steps.
 */
final class StepPacer implements Pacer {
    private record Share(Sequence sequence, int run, int tokens) {}

    private final Batch batch;
    private final StepLatency latency;
    private final int maxBatchedTokens;
    private final EngineTime time;
    private final Runnable onTokens;
    // What each sequence computes in the step under way.
    private final List<Share> shares = new ArrayList<>();
    private int budget;
    private long prefillTokens;
    private long decoding;
    private long contextTokens;
    private boolean isStepping;
    private boolean isStopped;

    StepPacer(Batch batch, StepLatency latency, int maxBatchedTokens, EngineTime time, Runnable onTokens) {
        this.batch = batch;
        this.latency = latency;
        this.maxBatchedTokens = maxBatchedTokens;
        this.time = time;
        this.onTokens = onTokens;
    }

    @Override
    public void wake() {
        if (!isStepping && !isStopped) {
            isStepping = true;
            // Not within this call: what arrives at the same moment shares the step.
            time.at(time.now(), () -> begin(time.now()));
        }
    }

    @Override
    public void stop() {
        isStopped = true;
    }

    private void begin(long startNanos) {
        if (isStopped) {
            return;
        }
        planStep();
        // Planning may have ended sequences that outgrew the cache.
        onTokens.run();
        if (shares.isEmpty()) {
            isStepping = false;
            return;
        }
        long endNanos = time.end(startNanos, latency.stepNanos(prefillTokens, decoding, contextTokens));
        time.at(endNanos, () -> end(endNanos));
    }

    private void end(long plannedNanos) {
        if (isStopped) {
            return;
        }
        long now = time.now();
        for (int i = 0; i < shares.size(); i++) {
            Share share = shares.get(i);
            // An aborted sequence has left; one that was preempted and has started again has nothing of this step.
            if (share.sequence().isRunning() && share.sequence().run == share.run()) {
                batch.compute(share.sequence(), share.tokens(), now);
            }
        }
        onTokens.run();
        begin(time.startAfter(plannedNanos));
    }

    private void planStep() {
        shares.clear();
        budget = maxBatchedTokens;
        prefillTokens = 0;
        decoding = 0;
        contextTokens = 0;
        long now = time.now();
        List<Sequence> running = batch.running();
        long preemptions = batch.preemptions();
        for (int i = 0; i < running.size() && budget > 0; i++) {
            Sequence sequence = running.get(i);
            if (batch.reserve(sequence, now)) {
                plan(sequence);
            }
        }
        if (batch.preemptions() > preemptions) {
            // Whoever just lost its blocks must not take them back within the same step.
            return;
        }
        for (Sequence next = startNext(now); next != null; next = startNext(now)) {
            plan(next);
        }
    }

    private @Nullable Sequence startNext(long now) {
        return budget > 0 ? batch.startNext(now) : null;
    }

    private void plan(Sequence sequence) {
        int tokens = Math.min(sequence.tokensToCompute(), budget);
        if (sequence.isDecoding()) {
            decoding++;
            contextTokens += sequence.totalTokens();
        } else {
            prefillTokens += tokens;
        }
        budget -= tokens;
        shares.add(new Share(sequence, sequence.run, tokens));
    }
}
