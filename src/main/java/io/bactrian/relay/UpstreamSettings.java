package io.bactrian.relay;

import java.time.Duration;

/**
 * How the router talks to model servers.
 *
 * @param connectTimeout how long opening a connection may take
 * @param firstByteTimeout how long a model server may take until its answer begins, queue and prefill included
 * @param idleTimeout how long an answer that has begun may pause
 * @param totalTimeout how long a whole answer may take
 * @param maxHeaderBytes longest response head taken from a model server
 * @param maxEventBytes longest server-sent event taken from a model server
 * @param maxIdleConnections connections kept open for reuse, for each event loop and endpoint
 * @param idleConnectionTimeout how long an unused connection is kept open
 */
public record UpstreamSettings(
        Duration connectTimeout,
        Duration firstByteTimeout,
        Duration idleTimeout,
        Duration totalTimeout,
        int maxHeaderBytes,
        int maxEventBytes,
        int maxIdleConnections,
        Duration idleConnectionTimeout) {

    /** Long enough for a prompt that waits and prefills for minutes, short enough that nothing hangs for ever. */
    public static final UpstreamSettings DEFAULTS = new UpstreamSettings(
            Duration.ofSeconds(2),
            Duration.ofMinutes(10),
            Duration.ofMinutes(5),
            Duration.ofHours(2),
            64 * 1024,
            1024 * 1024,
            1024,
            Duration.ofSeconds(30));

    public UpstreamSettings {
        positive("connectTimeout", connectTimeout);
        positive("firstByteTimeout", firstByteTimeout);
        positive("idleTimeout", idleTimeout);
        positive("totalTimeout", totalTimeout);
        positive("idleConnectionTimeout", idleConnectionTimeout);
        atLeast("maxHeaderBytes", maxHeaderBytes, 1024);
        atLeast("maxEventBytes", maxEventBytes, 1024);
        atLeast("maxIdleConnections", maxIdleConnections, 0);
    }

    private static void positive(String what, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(what + ": " + value + " (expected: > 0)");
        }
    }

    private static void atLeast(String what, int value, int least) {
        if (value < least) {
            throw new IllegalArgumentException(what + ": " + value + " (expected: >= " + least + ")");
        }
    }
}
