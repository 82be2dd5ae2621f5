package io.bactrian.discovery;

import java.time.Duration;

/**
 * Where the objectives stand that requests may name.
 *
 * @param file YAML file with {@code InferenceObjective} resources; empty for none
 * @param checkInterval how often the file is looked at for changes
 */
public record ObjectiveSettings(String file, Duration checkInterval) {

    /** No objectives; a ConfigMap takes longer to arrive than a second. */
    public static final ObjectiveSettings DEFAULTS = new ObjectiveSettings("", Duration.ofSeconds(1));

    public ObjectiveSettings {
        if (checkInterval.toMillis() < 1) {
            throw new IllegalArgumentException("checkInterval: " + checkInterval + " (expected: >= 1ms)");
        }
    }
}
