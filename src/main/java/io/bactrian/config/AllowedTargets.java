package io.bactrian.config;

import io.bactrian.disaggregation.Peers;
import io.bactrian.disaggregation.SidecarSettings;
import io.bactrian.discovery.StaticEndpoints;
import io.bactrian.endpoint.Endpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;

/** The model servers that headers may name to a sidecar: those of a list and those of a file, kept as it stands. */
public final class AllowedTargets {
    private static final String KEY = "sidecar.allowed-targets";

    private final ConfiguredFile file;

    /** Puts them on the list of {@code peers}; throws {@link ConfigurationException} if the settings cannot be used. */
    public AllowedTargets(SidecarSettings settings, Peers peers) {
        String pool = peers.pool().name();
        List<Endpoint> fixed;
        try {
            fixed = StaticEndpoints.of(pool, BactrianSettings.PREFIX + "." + KEY, settings.allowedTargets());
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(String.valueOf(e.getMessage()), e);
        }
        peers.list(fixed);
        this.file = ConfiguredFile.open(
                KEY + "-file",
                settings.allowedTargetsFile(),
                EndpointsFile.MAX_BYTES,
                settings.fileCheckInterval(),
                content -> {
                    List<Endpoint> all = new ArrayList<>(fixed);
                    all.addAll(EndpointsFile.read(pool, content));
                    peers.list(all);
                });
    }

    /** Begins to look for changes of the file. */
    public void watch(ScheduledExecutorService executor) {
        file.watch(executor);
    }
}
