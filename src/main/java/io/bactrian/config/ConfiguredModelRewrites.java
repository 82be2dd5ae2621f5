package io.bactrian.config;

import io.bactrian.discovery.ModelRewriteSettings;
import io.bactrian.scheduling.rewrite.ModelRewrites;
import java.util.concurrent.ScheduledExecutorService;

/** The model rewrites of a configured file, kept as it stands. */
public final class ConfiguredModelRewrites {
    private final ModelRewrites rewrites = new ModelRewrites();
    private final ConfiguredFile file;

    /** Reads the file that {@code settings} name; throws {@link ConfigurationException} if it cannot be used. */
    public ConfiguredModelRewrites(ModelRewriteSettings settings) {
        this.file = ConfiguredFile.open(
                "model-rewrites.file",
                settings.file(),
                ModelRewritesFile.MAX_BYTES,
                settings.checkInterval(),
                content -> rewrites.replace(ModelRewritesFile.read(content)));
    }

    /** Begins to look for changes of the file. */
    public void watch(ScheduledExecutorService executor) {
        file.watch(executor);
    }

    /** Returns what the file says at this moment. */
    public ModelRewrites rewrites() {
        return rewrites;
    }
}
