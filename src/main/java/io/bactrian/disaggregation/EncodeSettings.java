package io.bactrian.disaggregation;

import java.time.Duration;
import java.util.List;

/**
 * How images, video and sound of a pool's chats are encoded at endpoints of their own.
 *
 * @param ecConnector how what is encoded gets to the endpoint that computes the prompt: {@code ec-nixl} by parameters that each encode
 *     endpoint returns, {@code ec-example} through a store that both use; {@code none} leaves encoding to that endpoint
 * @param whenFailed what becomes of an item whose encode endpoint failed: {@code retry-next} asks the others that were picked, then does
 *     as {@code skip}; {@code skip} lets the endpoint that computes the prompt encode it; {@code fail} answers an error
 * @param maxItems items encoded apart; a chat with more of them is encoded where its prompt is computed
 * @param timeout how long encoding one item may take
 */
public record EncodeSettings(String ecConnector, String whenFailed, int maxItems, Duration timeout) {
    private static final String NONE = "none";
    private static final String BY_PARAMETERS = "ec-nixl";

    /** Nothing is encoded apart. */
    public static final EncodeSettings DEFAULTS = new EncodeSettings(NONE, "retry-next", 32, Duration.ofSeconds(30));

    public EncodeSettings {
        oneOf("ecConnector", ecConnector, List.of(NONE, BY_PARAMETERS, "ec-example"));
        oneOf("whenFailed", whenFailed, List.of("retry-next", "skip", "fail"));
        if (maxItems < 1) {
            throw new IllegalArgumentException("maxItems: " + maxItems + " (expected: >= 1)");
        }
        if (timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("timeout: " + timeout + " (expected: > 0)");
        }
    }

    /** Tells whether the router has anything encoded apart. */
    public boolean isOn() {
        return !ecConnector.equals(NONE);
    }

    /** Tells whether what an encode endpoint answers is handed on. */
    public boolean handsParametersOn() {
        return ecConnector.equals(BY_PARAMETERS);
    }

    private static void oneOf(String what, String value, List<String> choices) {
        if (!choices.contains(value)) {
            throw new IllegalArgumentException(what + ": " + value + " (expected: one of " + choices + ")");
        }
    }
}
