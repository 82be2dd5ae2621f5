package io.bactrian.relay;

import java.time.Duration;

/**
 * How pages of model servers are read.
 *
 * @param path where a model server shows its metrics
 * @param interval time between two readings of one endpoint
 * @param timeout how long one reading may take
 * @param staleAfter a signal older than this counts as absent
 * @param maxPageBytes longest page read
 */
public record ScrapeSettings(String path, Duration interval, Duration timeout, Duration staleAfter, int maxPageBytes) {

    /** llm-d's interval and deadline; a signal is absent after 40 missed readings. */
    public static final ScrapeSettings DEFAULTS = new ScrapeSettings(
            "/metrics", Duration.ofMillis(50), Duration.ofSeconds(1), Duration.ofSeconds(2), 4 * 1024 * 1024);

    public ScrapeSettings {
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException("path: " + path + " (expected: to start with /)");
        }
        if (interval.toMillis() < 1) {
            throw new IllegalArgumentException("interval: " + interval + " (expected: >= 1ms)");
        }
        if (timeout.toMillis() < 1) {
            throw new IllegalArgumentException("timeout: " + timeout + " (expected: >= 1ms)");
        }
        if (staleAfter.compareTo(interval) < 0) {
            throw new IllegalArgumentException("staleAfter: " + staleAfter + " (expected: >= interval)");
        }
        if (maxPageBytes < 1024) {
            throw new IllegalArgumentException("maxPageBytes: " + maxPageBytes + " (expected: >= 1024)");
        }
    }

    /** Returns these settings for a page at another path, read at another interval. */
    public ScrapeSettings withPage(String otherPath, Duration otherInterval) {
        Duration limit = staleAfter.compareTo(otherInterval) < 0 ? otherInterval : staleAfter;
        return new ScrapeSettings(otherPath, otherInterval, timeout, limit, maxPageBytes);
    }
}
