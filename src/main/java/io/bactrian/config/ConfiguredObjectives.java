package io.bactrian.config;

import io.bactrian.discovery.ObjectiveSettings;
import io.bactrian.discovery.WatchedFile;
import io.bactrian.flowcontrol.Objectives;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/** The objectives of a configured file, kept as it stands. */
public final class ConfiguredObjectives {
    private final ObjectiveSettings settings;
    private final Objectives objectives = new Objectives(Map.of());
    private final @Nullable WatchedFile file;

    /** Reads the file that {@code settings} name; throws {@link ConfigurationException} if it cannot be used. */
    public ConfiguredObjectives(ObjectiveSettings settings) {
        this.settings = settings;
        this.file = settings.file().isEmpty() ? null : open(settings.file());
    }

    private WatchedFile open(String name) {
        try {
            return WatchedFile.open(
                    Path.of(name),
                    ObjectivesFile.MAX_BYTES,
                    content -> objectives.replace(ObjectivesFile.read(content)));
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(
                    BactrianSettings.PREFIX + ".objectives.file: " + name + ": " + e.getMessage(), e);
        }
    }

    /** Begins to look for changes of the file. */
    public void watch(ScheduledExecutorService executor) {
        if (file != null) {
            var unused = file.watch(executor, settings.checkInterval());
        }
    }

    /** Returns what the file says at this moment. */
    public Objectives objectives() {
        return objectives;
    }
}
