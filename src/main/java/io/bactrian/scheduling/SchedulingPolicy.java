package io.bactrian.scheduling;

import java.util.List;
import java.util.Map;

/**
 * How a pool chooses endpoints: the part of llm-d's {@code EndpointPickerConfig} that concerns scheduling.
 *
 * @param plugins the plug-in instances, in the order of the file
 * @param profiles the scheduling profiles, in the order of the file
 * @param saturationDetector the plug-in instance that measures how full the pool is; empty for the default
 * @param availabilityProducer the data producer whose prefix match {@code Prefer: if-available} goes by; empty for the default
 */
public record SchedulingPolicy(
        List<Plugin> plugins, List<Profile> profiles, String saturationDetector, String availabilityProducer) {

    /** Without a file: queue 2, KV cache 2, prefix 3, as llm-d's built-in configuration. */
    public static final SchedulingPolicy DEFAULT = new SchedulingPolicy(
            List.of(
                    Plugin.ofType("queue-scorer"),
                    Plugin.ofType("kv-cache-utilization-scorer"),
                    Plugin.ofType("prefix-cache-scorer")),
            List.of(new Profile(
                    "default",
                    List.of(
                            new PluginRef("queue-scorer", 2),
                            new PluginRef("kv-cache-utilization-scorer", 2),
                            new PluginRef("prefix-cache-scorer", 3)))));

    /** A policy with the default detector of saturation. */
    public SchedulingPolicy(List<Plugin> plugins, List<Profile> profiles) {
        this(plugins, profiles, "");
    }

    /** A policy whose {@code Prefer: if-available} goes by the default producer. */
    public SchedulingPolicy(List<Plugin> plugins, List<Profile> profiles, String saturationDetector) {
        this(plugins, profiles, saturationDetector, "");
    }

    /** Returns this policy with another {@code availabilityProducer}. */
    public SchedulingPolicy withAvailabilityProducer(String producer) {
        return new SchedulingPolicy(plugins, profiles, saturationDetector, producer);
    }

    public SchedulingPolicy {
        plugins = List.copyOf(plugins);
        profiles = List.copyOf(profiles);
    }

    /**
     * One plug-in instance.
     *
     * @param name what profiles call it
     * @param type its key in a catalogue
     * @param parameters numbers, strings, booleans, lists and maps
     */
    public record Plugin(String name, String type, Map<String, Object> parameters) {
        public Plugin {
            parameters = Map.copyOf(parameters);
        }

        /** Returns an instance named after its type, without parameters. */
        public static Plugin ofType(String type) {
            return new Plugin(type, type, Map.of());
        }
    }

    /**
     * One scheduling profile.
     *
     * @param plugins its filters, scorers and picker, filters in the order in which they run
     */
    public record Profile(String name, List<PluginRef> plugins) {
        public Profile {
            plugins = List.copyOf(plugins);
        }
    }

    /**
     * A plug-in instance in a profile.
     *
     * @param weight how much it counts if it is a scorer
     */
    public record PluginRef(String plugin, double weight) {
        /** The weight of a scorer for which none is given. */
        public static final double DEFAULT_WEIGHT = 1;
    }
}
