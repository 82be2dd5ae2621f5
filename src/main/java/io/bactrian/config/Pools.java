package io.bactrian.config;

import io.bactrian.discovery.PoolSettings;
import io.bactrian.discovery.StaticEndpoints;
import io.bactrian.endpoint.BreakerSettings;
import io.bactrian.endpoint.EndpointBreakers;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.ScheduledPool;
import io.bactrian.scheduling.SchedulingObserver;
import io.bactrian.scheduling.SchedulingPolicy;
import io.bactrian.scheduling.profile.Schedulers;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;

/** Makes the pools that the settings name. */
public final class Pools {
    private Pools() {}

    /** Returns the pools in the order of their names; throws {@link ConfigurationException}. */
    public static List<ScheduledPool> create(
            BactrianSettings settings, Clock clock, SchedulingObserver observer, Executor workers) {
        requireDistinctModels(settings.pools());
        List<ScheduledPool> pools = new ArrayList<>();
        settings.pools().forEach((name, pool) -> pools.add(create(name, pool, settings, clock, observer, workers)));
        return pools;
    }

    private static ScheduledPool create(
            String name,
            PoolSettings pool,
            BactrianSettings settings,
            Clock clock,
            SchedulingObserver observer,
            Executor workers) {
        String prefix = BactrianSettings.PREFIX + ".pools." + name + ".";
        if (pool.models().isEmpty()) {
            throw new ConfigurationException(prefix + "models: none (expected: at least one model name)");
        }
        if (pool.endpoints().isEmpty()) {
            throw new ConfigurationException(prefix + "endpoints: none (expected: at least one host:port)");
        }
        EndpointPool endpoints = pool(name, pool, settings.metrics().staleAfter(), settings.breaker(), clock);
        try {
            endpoints.replaceEndpoints(StaticEndpoints.of(name, pool.endpoints()));
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(prefix + e.getMessage(), e);
        }
        return new ScheduledPool(
                endpoints,
                Schedulers.assemble(
                        1,
                        SchedulingPolicy.DEFAULT,
                        new PluginServices(endpoints, observer, workers, clock),
                        ThreadLocalRandom::current));
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
