package io.bactrian.simulator.replay;

import io.bactrian.simulator.engine.EngineOptions;
import io.bactrian.simulator.engine.TransferCost;
import java.time.Duration;

/**
 * What a workload is replayed on.
 *
 * @param pool the endpoints
 * @param engine size and speed of each
 * @param transfer what moving KV entries between them costs
 * @param lease how long a prefill endpoint keeps blocks
 * @param hop time from the router to an endpoint, and back
 * @param reportInterval time between two reports of an endpoint
 * @param seed start of the random choices of router and engines
 */
public record ReplaySettings(
        PoolShape pool,
        EngineOptions engine,
        TransferCost transfer,
        Duration lease,
        Duration hop,
        Duration reportInterval,
        long seed) {

    /** Time that HTTP, tokenizing and a scheduler's turn take on a quiet network. */
    public static final Duration DEFAULT_HOP = Duration.ofMillis(1);

    /** As often as the router reads metric pages. */
    public static final Duration DEFAULT_REPORT_INTERVAL = Duration.ofMillis(50);

    public ReplaySettings {
        if (hop.isNegative()) {
            throw new IllegalArgumentException("hop: " + hop + " (expected: >= 0)");
        }
        if (reportInterval.isNegative() || reportInterval.isZero()) {
            throw new IllegalArgumentException("reportInterval: " + reportInterval + " (expected: > 0)");
        }
    }
}
