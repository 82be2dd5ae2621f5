package io.bactrian.simulator.engine;

/**
 * The time of one engine step, in which every running sequence reads part of its prompt or generates one token:
 * {@code overhead + perPrefillToken * prefill tokens + perSequence * decoding sequences + perContextToken * their context}.
 *
 * <p>A long prefill therefore delays the tokens of all who share its step. The first prefill tokens of a step may be free:
 * up to some number, computing them hides behind reading the model's weights, which every step does anyway.
 *
 * @param overheadNanos of every step
 * @param freePrefillTokens prompt tokens of a step that cost nothing
 * @param perPrefillTokenNanos for each further prompt token read in the step
 * @param perSequenceNanos for each sequence that generates a token after its first
 * @param perContextTokenNanos for each token those sequences look back on
 */
public record StepLatency(
        double overheadNanos,
        int freePrefillTokens,
        double perPrefillTokenNanos,
        double perSequenceNanos,
        double perContextTokenNanos)
        implements LatencyModel {

    /** An 8-billion-parameter model on one H100: 8 ms, 0.12 ms, 0.03 ms and 12 ns. */
    public static final StepLatency DEFAULTS = new StepLatency(8e6, 0, 0.12e6, 0.03e6, 12);

    /** No time at all: as fast as the machine goes. */
    public static final StepLatency NONE = new StepLatency(0, 0, 0, 0, 0);

    public StepLatency {
        requireTime("overheadNanos", overheadNanos);
        if (freePrefillTokens < 0) {
            throw new IllegalArgumentException("freePrefillTokens: " + freePrefillTokens + " (expected: >= 0)");
        }
        requireTime("perPrefillTokenNanos", perPrefillTokenNanos);
        requireTime("perSequenceNanos", perSequenceNanos);
        requireTime("perContextTokenNanos", perContextTokenNanos);
    }

    /** Returns the time of a step in nanoseconds. */
    public double stepNanos(long prefillTokens, long decodingSequences, long contextTokens) {
        return overheadNanos
                + perPrefillTokenNanos * Math.max(0, prefillTokens - freePrefillTokens)
                + perSequenceNanos * decodingSequences
                + perContextTokenNanos * contextTokens;
    }

    private static void requireTime(String what, double nanos) {
        if (!(nanos >= 0) || Double.isInfinite(nanos)) {
            throw new IllegalArgumentException(what + ": " + nanos + " (expected: >= 0)");
        }
    }
}
