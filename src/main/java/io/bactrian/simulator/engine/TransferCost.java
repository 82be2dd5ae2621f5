package io.bactrian.simulator.engine;

/**
 * What moving KV entries between engines costs.
 *
 * @param setupNanos of every transfer
 * @param bytesPerToken size of one token's KV entries
 * @param bytesPerSecond bandwidth of an engine's link, which its transfers share
 */
public record TransferCost(double setupNanos, long bytesPerToken, double bytesPerSecond) {

    /** 1 ms, 128 KiB a token (an 8-billion-parameter model with grouped attention, 16 bits), 40 GB/s. */
    public static final TransferCost DEFAULTS = new TransferCost(1e6, 128 << 10, 40e9);

    public TransferCost {
        if (!(setupNanos >= 0)) {
            throw new IllegalArgumentException("setupNanos: " + setupNanos + " (expected: >= 0)");
        }
        if (bytesPerToken < 0) {
            throw new IllegalArgumentException("bytesPerToken: " + bytesPerToken + " (expected: >= 0)");
        }
        if (!(bytesPerSecond > 0)) {
            throw new IllegalArgumentException("bytesPerSecond: " + bytesPerSecond + " (expected: > 0)");
        }
    }
}
