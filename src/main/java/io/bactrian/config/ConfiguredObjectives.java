package io.bactrian.config;

import io.bactrian.discovery.ObjectiveSettings;
import io.bactrian.flowcontrol.Objectives;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;

/** The objectives of a configured file, kept as it stands. */
public final class ConfiguredObjectives {
    private final Objectives objectives = new Objectives(Map.of());
    private final ConfiguredFile file;

    /** Reads the file that {@code settings} name; throws {@link ConfigurationException} if it cannot be used. */
    public ConfiguredObjectives(ObjectiveSettings settings) {
        this.file = ConfiguredFile.open(
                "objectives.file",
                settings.file(),
                ObjectivesFile.MAX_BYTES,
                settings.checkInterval(),
                content -> objectives.replace(ObjectivesFile.read(content)));
    }

    /** Begins to look for changes of the file. */
    public void watch(ScheduledExecutorService executor) {
        file.watch(executor);
    }

    /** Returns what the file says at this moment. */
    public Objectives objectives() {
        return objectives;
    }
}
