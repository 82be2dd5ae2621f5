package io.bactrian.component.nettyhttp;

import java.time.Duration;

/**
 * How the process stops.
 *
 * @param delay how long requests are still taken after readiness went down, so that load balancers can notice
 * @param timeout how long requests under way may last after that
 */
public record DrainSettings(Duration delay, Duration timeout) {

    public static final DrainSettings DEFAULTS = new DrainSettings(Duration.ofSeconds(5), Duration.ofMinutes(10));

    public DrainSettings {
        if (delay.isNegative()) {
            throw new IllegalArgumentException("delay: " + delay + " (expected: >= 0s)");
        }
        if (timeout.isNegative()) {
            throw new IllegalArgumentException("timeout: " + timeout + " (expected: >= 0s)");
        }
    }
}
