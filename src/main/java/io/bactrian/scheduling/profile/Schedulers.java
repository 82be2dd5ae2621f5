package io.bactrian.scheduling.profile;

import io.bactrian.flowcontrol.SaturationDetector;
import io.bactrian.kvcache.PrefixMatch;
import io.bactrian.request.DataKey;
import io.bactrian.scheduling.Admitter;
import io.bactrian.scheduling.DataConsumer;
import io.bactrian.scheduling.DataProducer;
import io.bactrian.scheduling.Decider;
import io.bactrian.scheduling.Filter;
import io.bactrian.scheduling.HeaderProcessor;
import io.bactrian.scheduling.Picker;
import io.bactrian.scheduling.PluginFactory;
import io.bactrian.scheduling.PluginName;
import io.bactrian.scheduling.PluginNames;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginProvider;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.ProfileHandler;
import io.bactrian.scheduling.RequestHook;
import io.bactrian.scheduling.Scheduler;
import io.bactrian.scheduling.SchedulerParts;
import io.bactrian.scheduling.SchedulingPolicy;
import io.bactrian.scheduling.SchedulingProfile;
import io.bactrian.scheduling.Scorer;
import io.bactrian.scheduling.Screener;
import io.bactrian.scheduling.admitter.Admitters;
import io.bactrian.scheduling.decider.Deciders;
import io.bactrian.scheduling.filter.Filters;
import io.bactrian.scheduling.hook.RequestHooks;
import io.bactrian.scheduling.identity.HeaderProcessors;
import io.bactrian.scheduling.picker.Pickers;
import io.bactrian.scheduling.producer.DataProducers;
import io.bactrian.scheduling.saturation.SaturationDetectors;
import io.bactrian.scheduling.scorer.Scorers;
import io.bactrian.scheduling.session.SessionAffinityPlugins;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Builds the scheduler a policy describes, adding what it may leave out: {@code breaker-filter} and
 * {@code served-model-filter} before each profile's own filters, {@code max-score-picker}, {@code single-profile-handler}, and producers of data that a plug-in needs.
 */
public final class Schedulers {
    private static final Map<String, PluginFactory<?>> CATALOG = catalog();

    /** What stands before the name of a bean in a {@code type}. */
    public static final String BEAN = "bean:";

    private final PluginServices services;
    private final PluginInstances instances;
    private final Map<String, Object> plugins = new LinkedHashMap<>(); // by name
    private final IdentityHashMap<Object, PluginName> names = new IdentityHashMap<>();
    private final Map<String, DataProducer> producers = new LinkedHashMap<>(); // by name

    private Schedulers(PluginServices services, PluginInstances instances) {
        this.services = services;
        this.instances = instances;
    }

    /** Returns the types of plug-ins that this build has, profile handlers apart, with those that jars bring. */
    public static Map<String, PluginFactory<?>> catalogue() {
        return CATALOG;
    }

    /**
     * Builds the scheduler for {@code policy}.
     *
     * @param generation counts the policies of the pool, from 1 on
     * @param random gives each thread a source of its own
     * @throws IllegalArgumentException when the policy is wrong, naming the path, the value and what was expected
     */
    public static Scheduler assemble(
            long generation,
            SchedulingPolicy policy,
            PluginServices services,
            Supplier<? extends RandomGenerator> random) {
        return assemble(generation, policy, services, new PluginInstances(), random);
    }

    /**
     * Builds the scheduler for {@code policy}, with those plug-ins of the policy before that are configured alike.
     *
     * @param instances the plug-ins of the pool; unchanged if the policy is wrong
     */
    public static Scheduler assemble(
            long generation,
            SchedulingPolicy policy,
            PluginServices services,
            PluginInstances instances,
            Supplier<? extends RandomGenerator> random) {
        try {
            SchedulerParts parts = new Schedulers(services, instances).parts(policy);
            Scheduler scheduler = new Scheduler(generation, parts, services.observer(), random);
            instances.commit();
            return scheduler;
        } catch (RuntimeException e) {
            instances.rollBack();
            throw e;
        }
    }

    private SchedulerParts parts(SchedulingPolicy policy) {
        List<String> profileNames =
                policy.profiles().stream().map(SchedulingPolicy.Profile::name).toList();
        int handlerIndex = -1;
        for (int i = 0; i < policy.plugins().size(); i++) {
            SchedulingPolicy.Plugin plugin = policy.plugins().get(i);
            String path = "plugins[" + i + "]";
            if (plugins.containsKey(plugin.name())) {
                throw new IllegalArgumentException(path + ".name: " + plugin.name() + " (expected: a name of its own)");
            }
            if (ProfileHandlers.CATALOG.containsKey(plugin.type())) {
                if (handlerIndex >= 0) {
                    throw new IllegalArgumentException(
                            path + ".type: " + plugin.type() + " (expected: one profile handler at most)");
                }
                handlerIndex = i; // made last: it may name deciders that stand behind it
                plugins.put(plugin.name(), plugin);
            } else {
                create(plugin, path);
            }
        }
        SchedulingPolicy.Plugin handlerPlugin = handlerIndex >= 0
                ? policy.plugins().get(handlerIndex)
                : SchedulingPolicy.Plugin.ofType(ProfileHandlers.DEFAULT_TYPE);
        ProfileHandler handler = createHandler(handlerPlugin, "plugins[" + handlerIndex + "]", profileNames);
        if (handlerIndex >= 0) {
            plugins.put(handlerPlugin.name(), handler);
        }
        List<SchedulingProfile> profiles = new ArrayList<>();
        for (int i = 0; i < policy.profiles().size(); i++) {
            profiles.add(profile(policy.profiles().get(i), "schedulingProfiles[" + i + "]"));
        }
        addMissingProducers();
        return new SchedulerParts(
                all(HeaderProcessor.class),
                all(Screener.class),
                ProducerOrder.of(producers),
                all(Admitter.class),
                all(RequestHook.class),
                detector(policy.saturationDetector()),
                profiles,
                handler,
                new PluginNames(names),
                PrefixMatch.keyOrDefault(policy.availabilityProducer()));
    }

    /** Returns the plug-ins of one kind, in the order of the policy. */
    private <T> List<T> all(Class<T> kind) {
        return plugins.values().stream()
                .filter(kind::isInstance)
                .map(kind::cast)
                .toList();
    }

    private ProfileHandler createHandler(SchedulingPolicy.Plugin plugin, String path, List<String> profileNames) {
        PluginParameters parameters = new PluginParameters(plugin.name(), path + ".parameters", plugin.parameters());
        ProfileHandler handler = find(ProfileHandlers.CATALOG, plugin.type(), path)
                .create(profileNames, parameters, services, this::decider);
        parameters.rejectUnread();
        names.put(handler, new PluginName(plugin.name(), plugin.type()));
        return handler;
    }

    private @Nullable Decider decider(String name) {
        return plugins.get(name) instanceof Decider decider ? decider : null;
    }

    private Object create(SchedulingPolicy.Plugin plugin, String path) {
        Object created = instances.take(plugin, () -> make(plugin, path, services));
        plugins.put(plugin.name(), created);
        names.put(created, new PluginName(plugin.name(), plugin.type()));
        if (created instanceof DataProducer producer) {
            producers.put(plugin.name(), producer);
        }
        return created;
    }

    /**
     * Makes one plug-in.
     *
     * @param path where it stands, such as {@code plugins[2]}
     * @throws IllegalArgumentException when it is wrong, naming the path, the value and what was expected
     */
    public static Object make(SchedulingPolicy.Plugin plugin, String path, PluginServices services) {
        if (plugin.type().startsWith(BEAN)) {
            return bean(plugin, path, services);
        }
        PluginParameters parameters = new PluginParameters(plugin.name(), path + ".parameters", plugin.parameters());
        Object created = find(CATALOG, plugin.type(), path).create(parameters, services);
        parameters.rejectUnread();
        return created;
    }

    private static Object bean(SchedulingPolicy.Plugin plugin, String path, PluginServices services) {
        Object bean = services.beans().apply(plugin.type().substring(BEAN.length()));
        if (bean == null) {
            throw new IllegalArgumentException(
                    path + ".type: " + plugin.type() + " (expected: a bean that a route file or a class binds)");
        }
        if (!plugin.parameters().isEmpty()) {
            throw new IllegalArgumentException(
                    path + ".parameters: " + plugin.parameters().keySet() + " (expected: none for a bean)");
        }
        return bean;
    }

    private static <V> V find(Map<String, V> catalog, String type, String path) {
        V found = catalog.get(type);
        if (found == null) {
            throw new IllegalArgumentException(
                    path + ".type: " + type + " (expected: one of " + new TreeSet<>(catalog.keySet()) + ")");
        }
        return found;
    }

    private SchedulingProfile profile(SchedulingPolicy.Profile profile, String path) {
        List<SchedulingProfile.NamedFilter> filters = new ArrayList<>();
        List<SchedulingProfile.WeightedScorer> scorers = new ArrayList<>();
        Picker picker = null;
        for (int i = 0; i < profile.plugins().size(); i++) {
            SchedulingPolicy.PluginRef ref = profile.plugins().get(i);
            String at = path + ".plugins[" + i + "]";
            Object plugin = plugins.get(ref.plugin());
            if (plugin == null) {
                throw new IllegalArgumentException(
                        at + ".pluginRef: " + ref.plugin() + " (expected: one of " + plugins.keySet() + ")");
            }
            if (plugin instanceof Filter filter) {
                filters.add(new SchedulingProfile.NamedFilter(ref.plugin(), filter));
            }
            if (plugin instanceof Scorer scorer) {
                scorers.add(weighted(ref.plugin(), scorer, ref.weight(), at));
            }
            if (plugin instanceof Picker another) {
                if (picker != null) {
                    throw new IllegalArgumentException(
                            at + ".pluginRef: " + ref.plugin() + " (expected: one picker at most)");
                }
                picker = another;
            }
        }
        addMissingFilters(filters);
        return new SchedulingProfile(profile.name(), filters, scorers, picker != null ? picker : configuredPicker());
    }

    private void addMissingFilters(List<SchedulingProfile.NamedFilter> filters) {
        int place = 0;
        for (String type : Filters.ALWAYS_FIRST) {
            Filter filter = (Filter) always(type);
            if (filters.stream().noneMatch(named -> named.filter().getClass() == filter.getClass())) {
                filters.add(place, new SchedulingProfile.NamedFilter(type, filter));
                place++;
            }
        }
    }

    private static SchedulingProfile.WeightedScorer weighted(String name, Scorer scorer, double weight, String path) {
        try {
            return new SchedulingProfile.WeightedScorer(name, scorer, weight);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(path + "." + e.getMessage(), e);
        }
    }

    /** Returns the first picker the policy configures, as llm-d does for a profile without one, else the default. */
    private Picker configuredPicker() {
        for (Object plugin : plugins.values()) {
            if (plugin instanceof Picker picker) {
                return picker;
            }
        }
        return (Picker) always(Pickers.DEFAULT_TYPE);
    }

    /** Returns the plug-in named like its type, making it if the policy does not. */
    private Object always(String type) {
        Object plugin = plugins.get(type);
        return plugin != null ? plugin : create(SchedulingPolicy.Plugin.ofType(type), type);
    }

    private SaturationDetector detector(String name) {
        if (name.isEmpty()) {
            return (SaturationDetector) always(SaturationDetectors.DEFAULT_TYPE);
        }
        if (plugins.get(name) instanceof SaturationDetector detector) {
            return detector;
        }
        throw new IllegalArgumentException("saturationDetector.pluginRef: " + name
                + " (expected: a plug-in of one of the types " + new TreeSet<>(SaturationDetectors.CATALOG.keySet())
                + ")");
    }

    /** A producer that is added may need data itself, so that this goes on until nothing is missing. */
    private void addMissingProducers() {
        Deque<Object> unchecked = new ArrayDeque<>(plugins.values());
        while (!unchecked.isEmpty()) {
            Object plugin = unchecked.remove();
            if (plugin instanceof DataConsumer consumer) {
                for (DataKey<?> key : consumer.consumes()) {
                    if (producers.values().stream()
                            .noneMatch(producer -> producer.produces().contains(key))) {
                        unchecked.add(addProducer(key));
                    }
                }
            }
        }
    }

    private Object addProducer(DataKey<?> key) {
        String type = DataProducers.DEFAULT_FOR.get(key.type());
        if (type == null || !type.equals(key.producer())) {
            throw new IllegalArgumentException("plugins: none is a producer named " + key.producer() + " of "
                    + key.type() + " (expected: one, as another plug-in needs it)");
        }
        return create(SchedulingPolicy.Plugin.ofType(type), type);
    }

    private static Map<String, PluginFactory<?>> catalog() {
        Map<String, PluginFactory<?>> all = new LinkedHashMap<>();
        Stream.of(
                        Filters.CATALOG,
                        Scorers.CATALOG,
                        Pickers.CATALOG,
                        DataProducers.CATALOG,
                        SaturationDetectors.CATALOG,
                        SessionAffinityPlugins.CATALOG,
                        HeaderProcessors.CATALOG,
                        RequestHooks.CATALOG,
                        Admitters.CATALOG,
                        Deciders.CATALOG,
                        StageHeaders.CATALOG)
                .forEach(all::putAll);
        for (PluginProvider provider : ServiceLoader.load(PluginProvider.class)) {
            provider.plugins().forEach((type, factory) -> {
                if (all.putIfAbsent(type, factory) != null) {
                    throw new IllegalStateException(
                            provider.getClass().getName() + ": " + type + " (expected: a type that is not there yet)");
                }
            });
        }
        return Map.copyOf(all);
    }
}
