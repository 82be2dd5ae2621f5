package io.bactrian.scheduling.profile;

import io.bactrian.scheduling.SchedulingPolicy;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The plug-ins of a pool's policy, kept from one policy to the next: what is configured as before stays the same object, with
 * what it has learnt. For one thread.
 */
public final class PluginInstances {
    private static final Logger LOG = LoggerFactory.getLogger(PluginInstances.class);

    private Map<String, Instance> kept = new LinkedHashMap<>(); // by the name of the plug-in
    private Map<String, Instance> next = new LinkedHashMap<>();

    private record Instance(SchedulingPolicy.Plugin plugin, Object object) {}

    /** Returns the object of {@code plugin}, made by {@code factory} if there is none of an equal configuration. */
    Object take(SchedulingPolicy.Plugin plugin, Supplier<Object> factory) {
        Instance old = kept.get(plugin.name());
        Instance instance = old != null && old.plugin.equals(plugin) ? old : new Instance(plugin, factory.get());
        next.put(plugin.name(), instance);
        return instance.object;
    }

    /** The policy that objects were taken for is in force: what it does not use is closed. */
    void commit() {
        closeMissing(kept, next);
        kept = next;
        next = new LinkedHashMap<>();
    }

    /** The policy that objects were taken for is wrong: what was made for it alone is closed. */
    void rollBack() {
        closeMissing(next, kept);
        next = new LinkedHashMap<>();
    }

    private static void closeMissing(Map<String, Instance> from, Map<String, Instance> staying) {
        from.forEach((name, instance) -> {
            Instance other = staying.get(name);
            if ((other == null || other.object != instance.object)
                    && instance.object instanceof AutoCloseable closeable) {
                try {
                    closeable.close();
                } catch (Exception e) {
                    LOG.warn("closing plug-in {}", name, e);
                }
            }
        });
    }
}
