package io.bactrian.endpoint;

import java.time.Duration;

/**
 * When an endpoint that fails is left out, and for how long.
 *
 * @param windowRequests the last requests that count
 * @param minRequests so many of them must have ended before the endpoint can be left out
 * @param failureShare share of failures, above 0 to 1, from which it is left out
 * @param openFor how long it is left out before it is probed
 * @param probes requests that may go to it at once as probes; their outcomes decide
 */
public record BreakerSettings(int windowRequests, int minRequests, double failureShare, Duration openFor, int probes) {

    /**
     * Five failures leave a dead endpoint out within a moment, while one bad answer among many good ones changes
     * nothing. Five seconds are short, as a probe that fails costs one retry, and a healthy endpoint left out costs its
     * whole capacity.
     */
    public static final BreakerSettings DEFAULTS = new BreakerSettings(20, 5, 0.5, Duration.ofSeconds(5), 3);

    public BreakerSettings {
        if (windowRequests < 1) {
            throw new IllegalArgumentException("windowRequests: " + windowRequests + " (expected: >= 1)");
        }
        if (minRequests < 1 || minRequests > windowRequests) {
            throw new IllegalArgumentException(
                    "minRequests: " + minRequests + " (expected: 1 to windowRequests, " + windowRequests + ")");
        }
        if (!(failureShare > 0 && failureShare <= 1)) {
            throw new IllegalArgumentException("failureShare: " + failureShare + " (expected: above 0, to 1)");
        }
        if (openFor.toMillis() < 1) {
            throw new IllegalArgumentException("openFor: " + openFor + " (expected: >= 1 ms)");
        }
        if (probes < 1) {
            throw new IllegalArgumentException("probes: " + probes + " (expected: >= 1)");
        }
    }
}
