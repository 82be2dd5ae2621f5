package io.bactrian.relay;

import java.time.Duration;

/**
 * How it is found out whether model servers are alive while nobody asks them anything.
 *
 * @param path where a model server says that it is; empty for no checks
 * @param interval time between two checks of one endpoint
 * @param timeout how long an answer may take
 * @param failures checks in a row that fail until an endpoint is left out
 * @param successes checks in a row that succeed until it is taken back
 */
public record HealthSettings(String path, Duration interval, Duration timeout, int failures, int successes) {

    /** vLLM, SGLang and TensorRT-LLM answer at this path; a server that is gone is left out after six seconds. */
    public static final HealthSettings DEFAULTS =
            new HealthSettings("/health", Duration.ofSeconds(2), Duration.ofSeconds(2), 3, 1);

    public HealthSettings {
        if (!path.isEmpty() && !path.startsWith("/")) {
            throw new IllegalArgumentException("path: " + path + " (expected: to start with /)");
        }
        if (interval.toMillis() < 1) {
            throw new IllegalArgumentException("interval: " + interval + " (expected: >= 1ms)");
        }
        if (timeout.toMillis() < 1) {
            throw new IllegalArgumentException("timeout: " + timeout + " (expected: >= 1ms)");
        }
        if (failures < 1) {
            throw new IllegalArgumentException("failures: " + failures + " (expected: >= 1)");
        }
        if (successes < 1) {
            throw new IllegalArgumentException("successes: " + successes + " (expected: >= 1)");
        }
    }
}
