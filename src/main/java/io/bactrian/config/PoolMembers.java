package io.bactrian.config;

import io.bactrian.config.datalayer.FileDiscovery;
import io.bactrian.discovery.PoolSettings;
import io.bactrian.discovery.StaticEndpoints;
import io.bactrian.discovery.WatchedFile;
import io.bactrian.endpoint.EndpointPool;
import java.nio.file.Path;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import org.jspecify.annotations.Nullable;

/** Keeps a pool's endpoints those that its settings, a file of its settings, or a file of its scheduling file list. */
public final class PoolMembers {
    private final EndpointPool pool;
    private final PoolSettings settings;
    private @Nullable FileDiscovery discovery; // in force
    private @Nullable WatchedFile file;
    private @Nullable ScheduledExecutorService executor;
    private @Nullable ScheduledFuture<?> watching;

    /** Fills {@code pool} if its settings say with what; throws {@link ConfigurationException} if they cannot be used. */
    PoolMembers(EndpointPool pool, PoolSettings settings) {
        this.pool = pool;
        this.settings = settings;
        String prefix = BactrianSettings.PREFIX + ".pools." + pool.name() + ".";
        boolean listed = !settings.endpoints().isEmpty();
        boolean filed = !settings.endpointsFile().isEmpty();
        if (listed && filed) {
            throw new ConfigurationException(
                    prefix + "endpoints: given beside a file (expected: at least one host:port, or endpoints-file)");
        }
        if (!listed && !filed && settings.schedulingFile().isEmpty()) {
            throw new ConfigurationException(prefix
                    + "endpoints: none (expected: at least one host:port, or endpoints-file, or a scheduling-file with"
                    + " file-discovery)");
        }
        try {
            if (listed) {
                pool.replaceEndpoints(StaticEndpoints.of(pool.name(), settings.endpoints()));
            } else if (filed) {
                use(new FileDiscovery(settings.endpointsFile(), true));
            }
        } catch (IllegalArgumentException e) {
            String from = filed ? "endpoints-file: " + settings.endpointsFile() + ": " : "";
            throw new ConfigurationException(prefix + from + e.getMessage(), e);
        }
    }

    /**
     * Takes the endpoints from where a scheduling file says, null if it says nothing.
     *
     * @throws IllegalArgumentException if that cannot be used, or does not go with the settings; nothing changes then
     */
    synchronized void discoverBy(@Nullable FileDiscovery wanted) {
        boolean bySettings =
                !settings.endpoints().isEmpty() || !settings.endpointsFile().isEmpty();
        if (wanted == null) {
            if (!bySettings) {
                throw new IllegalArgumentException("dataLayer.discovery: missing (expected: a file-discovery, as the"
                        + " properties name no endpoints)");
            }
        } else if (bySettings) {
            throw new IllegalArgumentException("dataLayer.discovery: " + wanted.path()
                    + " (expected: none, as the properties name the endpoints)");
        } else if (!wanted.equals(discovery)) {
            try {
                use(wanted);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("dataLayer.discovery: " + e.getMessage(), e);
            }
        }
    }

    private void use(FileDiscovery wanted) {
        WatchedFile opened = WatchedFile.open(
                Path.of(wanted.path()),
                EndpointsFile.MAX_BYTES,
                content -> pool.replaceEndpoints(EndpointsFile.read(pool.name(), content)));
        if (watching != null) {
            watching.cancel(false);
            watching = null;
        }
        discovery = wanted;
        file = opened;
        if (executor != null) {
            watch(executor);
        }
    }

    /** Begins to look for changes of the file. */
    public synchronized void watch(ScheduledExecutorService files) {
        executor = files;
        if (file != null && discovery != null && discovery.watch()) {
            watching = file.watch(files, settings.fileCheckInterval());
        }
    }
}
