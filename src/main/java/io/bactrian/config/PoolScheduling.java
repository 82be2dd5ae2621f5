package io.bactrian.config;

import io.bactrian.config.datalayer.DataLayer;
import io.bactrian.config.datalayer.PoolMetrics;
import io.bactrian.discovery.PoolSettings;
import io.bactrian.discovery.WatchedFile;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.ReadApis;
import io.bactrian.scheduling.ScheduledPool;
import io.bactrian.scheduling.SchedulingPolicy;
import io.bactrian.scheduling.profile.PluginInstances;
import io.bactrian.scheduling.profile.Schedulers;
import java.nio.file.Path;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives a pool the scheduler and the data sources that its file describes, and new ones when the file has changed. Plug-ins that are configured as
 * before stay the same objects, so that what they have learnt survives.
 */
public final class PoolScheduling {
    private static final Logger LOG = LoggerFactory.getLogger(PoolScheduling.class);

    private final ScheduledPool pool;
    private final PoolSettings settings;
    private final PluginServices services;
    private final PoolMembers members;
    private final PoolMetrics metrics;
    private final ReloadObserver observer;
    private final PluginInstances instances = new PluginInstances();
    private long generation;
    private @Nullable WatchedFile file;

    PoolScheduling(
            ScheduledPool pool,
            PoolSettings settings,
            PluginServices services,
            PoolMembers members,
            PoolMetrics metrics,
            ReloadObserver observer) {
        this.pool = pool;
        this.settings = settings;
        this.services = services;
        this.members = members;
        this.metrics = metrics;
        this.observer = observer;
    }

    /** Makes the pool's first scheduler; throws {@link ConfigurationException} if its file cannot be used. */
    public void start() {
        String name = settings.schedulingFile();
        String property = BactrianSettings.PREFIX + ".pools." + pool.pool().name() + ".scheduling-file: " + name;
        try {
            if (name.isEmpty()) {
                use(SchedulingPolicy.DEFAULT, ReadApis.ALL, DataLayer.DEFAULT);
            } else {
                file = WatchedFile.open(Path.of(name), SchedulingFileReader.MAX_BYTES, this::use);
            }
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(property + ": " + e.getMessage(), e);
        }
    }

    /** Begins to look for changes of the file. */
    public void watch(ScheduledExecutorService executor) {
        if (file != null) {
            var unused = file.watch(executor, settings.fileCheckInterval());
        }
    }

    private void use(byte[] content) {
        try {
            SchedulingFile read = SchedulingFileReader.read(content, settings.allowExperimentalPlugins(), services);
            if (!read.waiting().isEmpty()) {
                throw new IllegalArgumentException(String.join("; ", read.waiting()));
            }
            read.warnings().forEach(warning -> LOG.warn("{}: {}", settings.schedulingFile(), warning));
            use(read.policy(), read.readApis(), read.dataLayer());
        } catch (IllegalArgumentException e) {
            observer.reloaded(pool.pool().name(), false);
            throw e;
        }
    }

    /** What may be refused comes first, so that a refusal changes nothing. */
    private void use(SchedulingPolicy policy, ReadApis readApis, DataLayer dataLayer) {
        metrics.requireUsable(dataLayer.sources());
        members.discoverBy(dataLayer.discovery());
        pool.replaceScheduler(Schedulers.assemble(
                generation + 1,
                policy.withAvailabilityProducer(settings.ifAvailableProducer()),
                services,
                instances,
                ThreadLocalRandom::current));
        pool.replaceReadApis(readApis);
        metrics.use(dataLayer.sources());
        generation++;
        observer.reloaded(pool.pool().name(), true);
    }
}
