package io.bactrian.simulator;

import io.bactrian.simulator.engine.TransferCost;
import java.time.Duration;

/**
 * How a simulated model server hands KV entries over to others.
 *
 * @param cost what a transfer takes
 * @param lease how long blocks are kept for a reader that does not come (vLLM {@code kv_lease_duration})
 * @param loadTimeout how long a server waits for blocks that exist, or that one leg before it should have made
 * @param waitingTimeout how long it waits for a leg that runs beside it (SGLang
 *     {@code SGLANG_DISAGGREGATION_WAITING_TIMEOUT})
 * @param encodeDuration time an encoder takes for one image, video or sound
 */
public record TransferOptions(
        TransferCost cost, Duration lease, Duration loadTimeout, Duration waitingTimeout, Duration encodeDuration) {

    /** As engines have them: a lease of 30 s, loads of 30 s, waits of 300 s; 20 ms to encode an item. */
    public static final TransferOptions DEFAULTS = new TransferOptions(
            TransferCost.DEFAULTS,
            Duration.ofSeconds(30),
            Duration.ofSeconds(30),
            Duration.ofSeconds(300),
            Duration.ofMillis(20));

    public TransferOptions {
        requirePositive("lease", lease);
        requirePositive("loadTimeout", loadTimeout);
        requirePositive("waitingTimeout", waitingTimeout);
        if (encodeDuration.isNegative()) {
            throw new IllegalArgumentException("encodeDuration: " + encodeDuration + " (expected: >= 0)");
        }
    }

    /** Returns these options with another cost of transfers. */
    public TransferOptions withCost(TransferCost changed) {
        return new TransferOptions(changed, lease, loadTimeout, waitingTimeout, encodeDuration);
    }

    /** Returns these options with another lease. */
    public TransferOptions withLease(Duration changed) {
        return new TransferOptions(cost, changed, loadTimeout, waitingTimeout, encodeDuration);
    }

    /** Returns these options with other times to wait. */
    public TransferOptions withTimeouts(Duration changedLoad, Duration changedWaiting) {
        return new TransferOptions(cost, lease, changedLoad, changedWaiting, encodeDuration);
    }

    private static void requirePositive(String what, Duration duration) {
        if (duration.isNegative() || duration.isZero()) {
            throw new IllegalArgumentException(what + ": " + duration + " (expected: > 0)");
        }
    }
}
