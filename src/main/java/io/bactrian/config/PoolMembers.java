package io.bactrian.config;

import io.bactrian.discovery.PoolSettings;
import io.bactrian.discovery.StaticEndpoints;
import io.bactrian.discovery.WatchedFile;
import io.bactrian.endpoint.EndpointPool;
import java.nio.file.Path;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/** Keeps a pool's endpoints those that its settings or their file list. */
public final class PoolMembers {
    private final PoolSettings settings;
    private final @Nullable WatchedFile file;

    /** Fills {@code pool}; throws {@link ConfigurationException} if the endpoints cannot be used. */
    PoolMembers(EndpointPool pool, PoolSettings settings) {
        this.settings = settings;
        String prefix = BactrianSettings.PREFIX + ".pools." + pool.name() + ".";
        if (settings.endpoints().isEmpty() == settings.endpointsFile().isEmpty()) {
            throw new ConfigurationException(
                    prefix + "endpoints: " + (settings.endpoints().isEmpty() ? "none" : "given beside a file")
                            + " (expected: at least one host:port, or endpoints-file)");
        }
        try {
            if (settings.endpointsFile().isEmpty()) {
                pool.replaceEndpoints(StaticEndpoints.of(pool.name(), settings.endpoints()));
                file = null;
            } else {
                file = WatchedFile.open(
                        Path.of(settings.endpointsFile()),
                        EndpointsFile.MAX_BYTES,
                        content -> pool.replaceEndpoints(EndpointsFile.read(pool.name(), content)));
            }
        } catch (IllegalArgumentException e) {
            String from =
                    settings.endpointsFile().isEmpty() ? "" : "endpoints-file: " + settings.endpointsFile() + ": ";
            throw new ConfigurationException(prefix + from + e.getMessage(), e);
        }
    }

    /** Begins to look for changes of the file. */
    public void watch(ScheduledExecutorService executor) {
        if (file != null) {
            var unused = file.watch(executor, settings.fileCheckInterval());
        }
    }
}
