package io.bactrian.config;

import io.bactrian.discovery.ModelRewriteSettings;
import io.bactrian.discovery.WatchedFile;
import io.bactrian.scheduling.rewrite.ModelRewrites;
import java.nio.file.Path;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/** The model rewrites of a configured file, kept as it stands. */
public final class ConfiguredModelRewrites {
    private final ModelRewriteSettings settings;
    private final ModelRewrites rewrites = new ModelRewrites();
    private final @Nullable WatchedFile file;

    /** Reads the file that {@code settings} name; throws {@link ConfigurationException} if it cannot be used. */
    public ConfiguredModelRewrites(ModelRewriteSettings settings) {
        this.settings = settings;
        this.file = settings.file().isEmpty() ? null : open(settings.file());
    }

    private WatchedFile open(String name) {
        try {
            return WatchedFile.open(
                    Path.of(name),
                    ModelRewritesFile.MAX_BYTES,
                    content -> rewrites.replace(ModelRewritesFile.read(content)));
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(
                    BactrianSettings.PREFIX + ".model-rewrites.file: " + name + ": " + e.getMessage(), e);
        }
    }

    /** Begins to look for changes of the file. */
    public void watch(ScheduledExecutorService executor) {
        if (file != null) {
            var unused = file.watch(executor, settings.checkInterval());
        }
    }

    /** Returns what the file says at this moment. */
    public ModelRewrites rewrites() {
        return rewrites;
    }
}
