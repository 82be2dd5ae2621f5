package io.bactrian.simulator.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** An engine in virtual time, with everything that happened to its sequences. */
final class EngineRun {
    static final long MILLI = 1_000_000;

    final VirtualClock clock = new VirtualClock();
    final InferenceEngine engine;
    final List<String> stored = new ArrayList<>();
    final List<Long> removed = new ArrayList<>();
    final List<Sequence> finished = new ArrayList<>();

    EngineRun(EngineOptions options) {
        engine = new InferenceEngine(options, clock, observer(), () -> {});
    }

    /** 4 ms a step, 1 ms a prefill token, 2 ms a decoding sequence, 1 us a token of context. */
    static EngineOptions options(int maxSequences, int maxBatchedTokens, int kvBlocks) {
        StepLatency latency = new StepLatency(4e6, 0, 1e6, 2e6, 1e3);
        return new EngineOptions(maxSequences, maxBatchedTokens, 1000, kvBlocks, 4, true, latency, 7);
    }

    /** Submits a prompt of {@code promptTokens} tokens that no other prompt shares. */
    Handle submit(String id, int promptTokens, int outputTokens) {
        TokenIds prompt = new TokenIds(promptTokens);
        for (int i = 0; i < promptTokens; i++) {
            prompt.add(id.hashCode() * 31 + i);
        }
        return submit(id, prompt, outputTokens);
    }

    Handle submit(String id, TokenIds prompt, int outputTokens) {
        return submit(request(id, prompt, outputTokens));
    }

    Handle submit(SequenceRequest request) {
        Handle handle = new Handle();
        Submission submission = engine.submit(request, handle);
        handle.submission = submission;
        if (submission instanceof Submission.Accepted accepted) {
            handle.sequence = accepted.sequence();
        }
        return handle;
    }

    void advanceMillis(long millis) {
        clock.advance(Duration.ofMillis(millis));
    }

    static SequenceRequest request(String id, TokenIds prompt, int outputTokens) {
        return new SequenceRequest(id, prompt, new Countdown(outputTokens, id.hashCode()), 0, OptionalInt.empty());
    }

    static TokenIds range(int first, int last) {
        TokenIds tokens = new TokenIds(last - first + 1);
        for (int i = first; i <= last; i++) {
            tokens.add(i);
        }
        return tokens;
    }

    private KvCacheObserver observer() {
        return new KvCacheObserver() {
            @Override
            public void blockStored(long hash, long parentHash, TokenIds tokens) {
                stored.add(tokens.get(0) + ".." + tokens.get(tokens.size() - 1));
            }

            @Override
            public void blockRemoved(long hash) {
                removed.add(hash);
            }
        };
    }

    /** What became of a submission: the times of its tokens in milliseconds. */
    final class Handle implements SequenceListener {
        Submission submission = new Submission.QueueFull(-1);
        Sequence sequence = new Sequence(request("none", TokenIds.of(1), 1), this, 0, 0);
        final List<Double> tokenMillis = new ArrayList<>();

        @Override
        public void tokenGenerated(Sequence generating) {
            tokenMillis.add((double) clock.nanoTime() / MILLI);
        }

        @Override
        public void finished(Sequence ended) {
            finished.add(ended);
        }
    }

    private record Countdown(int size, int salt) implements OutputTokens {
        @Override
        public int id(int index) {
            return salt - index;
        }

        @Override
        public FinishReason finishReason() {
            return FinishReason.STOP;
        }
    }
}
