package io.bactrian.config;

import io.bactrian.config.datalayer.PoolMetrics;
import io.bactrian.discovery.PoolSettings;
import io.bactrian.endpoint.BreakerSettings;
import io.bactrian.endpoint.EndpointBreakers;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.ScheduledPool;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Makes the pools that the settings name. */
public final class Pools {
    private Pools() {}

    /** Returns the pools in the order of their names, each without endpoints and scheduler; throws {@link ConfigurationException}. */
    public static List<ScheduledPool> create(BactrianSettings settings, Clock clock) {
        requireDistinctModels(settings.pools());
        List<ScheduledPool> pools = new ArrayList<>();
        settings.pools().forEach((name, pool) -> pools.add(create(name, pool, settings, clock)));
        return pools;
    }

    private static ScheduledPool create(String name, PoolSettings pool, BactrianSettings settings, Clock clock) {
        String prefix = BactrianSettings.PREFIX + ".pools." + name + ".";
        if (pool.models().isEmpty()) {
            throw new ConfigurationException(prefix + "models: none (expected: at least one model name)");
        }
        EndpointPool endpoints = pool(name, pool, settings.metrics().staleAfter(), settings.breaker(), clock);
        return new ScheduledPool(endpoints);
    }

    /** Fills {@code pool} with its endpoints, and returns what keeps them true; throws {@link ConfigurationException}. */
    public static PoolMembers members(ScheduledPool pool, BactrianSettings settings) {
        return new PoolMembers(
                pool.pool(),
                Objects.requireNonNull(settings.pools().get(pool.pool().name())));
    }

    /**
     * Returns what gives {@code pool} its scheduler.
     *
     * @param services what plug-ins are made with
     * @param members keeps its endpoints
     * @param metrics reads what they report
     */
    public static PoolScheduling scheduling(
            ScheduledPool pool,
            BactrianSettings settings,
            PluginServices services,
            PoolMembers members,
            PoolMetrics metrics,
            ReloadObserver observer) {
        PoolSettings of =
                Objects.requireNonNull(settings.pools().get(pool.pool().name()));
        return new PoolScheduling(pool, of, services, members, metrics, observer);
    }

    private static EndpointPool pool(
            String name, PoolSettings pool, Duration staleAfter, BreakerSettings breaker, Clock clock) {
        return new EndpointPool(
                name, new LinkedHashSet<>(pool.models()), staleAfter, new EndpointBreakers(breaker, clock));
    }

    private static void requireDistinctModels(Map<String, PoolSettings> pools) {
        Map<String, String> owners = new HashMap<>();
        pools.forEach((name, pool) -> {
            for (String model : pool.models()) {
                String owner = owners.putIfAbsent(model, name);
                if (owner != null) {
                    throw new ConfigurationException(BactrianSettings.PREFIX + ".pools." + name + ".models: " + model
                            + " (expected: a model that pool " + owner + " does not serve)");
                }
            }
        });
    }
}
