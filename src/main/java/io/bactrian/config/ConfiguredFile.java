package io.bactrian.config;

import io.bactrian.discovery.WatchedFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/** A file that a key names, whose content is taken at once and again whenever it changes. */
final class ConfiguredFile {
    private final @Nullable WatchedFile file;
    private final Duration checkInterval;

    private ConfiguredFile(@Nullable WatchedFile file, Duration checkInterval) {
        this.file = file;
        this.checkInterval = checkInterval;
    }

    /**
     * Reads the file for the first time.
     *
     * @param key names it, without the prefix of all keys
     * @param name is empty where there is none
     * @throws ConfigurationException naming the key, if the file cannot be used
     */
    static ConfiguredFile open(
            String key, String name, int maxBytes, Duration checkInterval, WatchedFile.Reader reader) {
        try {
            return new ConfiguredFile(
                    name.isEmpty() ? null : WatchedFile.open(Path.of(name), maxBytes, reader), checkInterval);
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(
                    BactrianSettings.PREFIX + "." + key + ": " + name + ": " + e.getMessage(), e);
        }
    }

    /** Begins to look for changes. */
    void watch(ScheduledExecutorService executor) {
        if (file != null) {
            var unused = file.watch(executor, checkInterval);
        }
    }
}
