package io.bactrian.config;

import io.bactrian.config.datalayer.DataLayer;
import io.bactrian.config.datalayer.DataLayerPlugins;
import io.bactrian.config.datalayer.DataLayerReader;
import io.bactrian.scheduling.Filter;
import io.bactrian.scheduling.MissingCapability;
import io.bactrian.scheduling.Picker;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.ReadApis;
import io.bactrian.scheduling.SchedulingPolicy;
import io.bactrian.scheduling.Scorer;
import io.bactrian.scheduling.profile.ProfileHandlers;
import io.bactrian.scheduling.profile.Schedulers;
import io.bactrian.scheduling.saturation.SaturationDetectors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Reads llm-d's {@code EndpointPickerConfig}, YAML or JSON: strictly, with llm-d's defaults where something is left out. What
 * is wrong is an {@link IllegalArgumentException} that names path, value and expectation.
 */
public final class SchedulingFileReader {
    /** Longest file that is read. */
    static final int MAX_BYTES = 1 << 20;

    private static final String API_VERSION = "llm-d.ai/v1alpha1";
    private static final String OLDER_API_VERSION = "inference.networking.x-k8s.io/v1alpha1";

    /** Plug-ins that are no objects: the router reads each API by its path, and parsers tell which. */
    static final Set<String> IMPLIED = ReadApis.PARSERS.keySet();

    private static final String FLOW_CONTROL = "flowControl";
    private static final Set<String> FEATURE_GATES = Set.of(FLOW_CONTROL, "haPopulateNonLeaderDatastore");

    private final boolean allowExperimental;
    private final PluginServices services;
    private final Map<String, String> types = new LinkedHashMap<>(); // by the name of the plug-in
    private final List<SchedulingPolicy.Plugin> runnable = new ArrayList<>();
    private final Set<String> ofProfiles = new TreeSet<>(); // names of filters, scorers and pickers
    private final DataLayerReader dataLayer = new DataLayerReader();
    private final Set<String> unbuilt = new TreeSet<>(); // names of plug-ins that this build does not have
    private final List<String> waiting = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    private SchedulingFileReader(boolean allowExperimental, PluginServices services) {
        this.allowExperimental = allowExperimental;
        this.services = services;
    }

    /**
     * Reads {@code content}.
     *
     * @param allowExperimental whether plug-ins of Alpha stability may run
     * @param services what plug-ins are made with, to see whether their parameters are right
     */
    public static SchedulingFile read(byte[] content, boolean allowExperimental, PluginServices services) {
        Map<String, Object> values = YamlReader.object(content, "one EndpointPickerConfig");
        values.values().removeIf(Objects::isNull);
        return new SchedulingFileReader(allowExperimental, services).read(new PluginParameters("", "", values));
    }

    private SchedulingFile read(PluginParameters file) {
        readKind(file);
        boolean flowControl = readFeatureGates(file);
        List<PluginParameters> plugins = file.objects("plugins");
        for (int i = 0; i < plugins.size(); i++) {
            readPlugin(plugins.get(i), "plugins[" + i + "]");
        }
        List<SchedulingPolicy.Profile> profiles = readProfiles(file.objects("schedulingProfiles"));
        DataLayer sources = readDataLayer(file.object("dataLayer"));
        String detector = readFlowControl(file, flowControl);
        ReadApis readApis = readParsers(file);
        file.rejectUnread();
        SchedulingPolicy policy = new SchedulingPolicy(runnable, profiles, detector);
        if (waiting.isEmpty()) {
            Schedulers.assemble(1, policy, services, ThreadLocalRandom::current);
        }
        return new SchedulingFile(policy, readApis, sources, waiting, warnings);
    }

    private void readKind(PluginParameters file) {
        String kind = file.text("kind", "");
        if (!kind.equals("EndpointPickerConfig")) {
            throw file.wrong("kind", kind.isEmpty() ? "missing" : kind, "EndpointPickerConfig");
        }
        String version = file.text("apiVersion", "");
        if (version.equals(OLDER_API_VERSION)) {
            warnings.add("apiVersion: " + version + " is deprecated (expected: " + API_VERSION + ")");
        } else if (!version.equals(API_VERSION)) {
            throw file.wrong(
                    "apiVersion", version.isEmpty() ? "missing" : version, API_VERSION + " or " + OLDER_API_VERSION);
        }
    }

    /** Tells whether requests are to be queued. */
    private boolean readFeatureGates(PluginParameters file) {
        boolean flowControl = false;
        List<String> gates = file.texts("featureGates");
        for (int i = 0; i < gates.size(); i++) {
            String gate = gates.get(i);
            String name = gate.replaceFirst("=(true|false)$", "");
            if (!FEATURE_GATES.contains(name)) {
                throw file.wrong("featureGates[" + i + "]", gate, "one of " + new TreeSet<>(FEATURE_GATES));
            }
            if (name.equals(FLOW_CONTROL) && !gate.endsWith("=false")) {
                flowControl = true;
                await("featureGates[" + i + "]: " + name, Capability.FLOW_CONTROL);
            }
        }
        return flowControl;
    }

    private void readPlugin(PluginParameters plugin, String path) {
        String type = plugin.text("type", "");
        String name = plugin.text("name", type);
        if (type.isEmpty()) {
            throw plugin.wrong("type", "missing", "the type of plug-in '" + name + "'");
        }
        if (types.put(name, type) != null) {
            throw plugin.wrong("name", name, "a name of its own");
        }
        if (PluginStability.ALPHA.contains(type) && !allowExperimental) {
            throw plugin.wrong("type", type, "no plug-in of Alpha stability, unless allow-experimental-plugins is set");
        }
        String replacement = PluginStability.DEPRECATED.get(type);
        if (replacement != null) {
            warnings.add(plugin.pathOf("type") + ": " + type + " is deprecated (expected: " + replacement + ")");
        }
        plugin.requireObject("parameters");
        Map<String, Object> given = new LinkedHashMap<>();
        if (plugin.any("parameters") instanceof Map<?, ?> parameters) {
            parameters.forEach((key, value) -> {
                if (value != null) {
                    given.put(String.valueOf(key), value);
                }
            });
        }
        plugin.rejectUnread();
        readParameters(plugin, new SchedulingPolicy.Plugin(name, type, given), path);
    }

    private void readParameters(PluginParameters plugin, SchedulingPolicy.Plugin read, String path) {
        String type = read.type();
        WaitingPlugins.WaitingPlugin awaited = WaitingPlugins.find(type);
        if (awaited != null) {
            awaited.check(new PluginParameters(read.name(), path + ".parameters", read.parameters()));
            unbuilt.add(read.name());
            await(plugin.pathOf("type") + ": " + type, awaited.capability());
        } else if (DataLayerPlugins.CATALOG.containsKey(type)) {
            dataLayer.add(type, new PluginParameters(read.name(), path + ".parameters", read.parameters()));
        } else if (IMPLIED.contains(type)) {
            new PluginParameters(read.name(), path + ".parameters", read.parameters()).rejectUnread();
        } else if (ProfileHandlers.CATALOG.containsKey(type)) {
            runnable.add(read);
        } else if (Schedulers.catalogue().containsKey(type) || type.startsWith(Schedulers.BEAN)) {
            try {
                take(read, Schedulers.make(read, path, services));
            } catch (MissingCapability e) {
                waiting.add(String.valueOf(e.getMessage()));
            }
            runnable.add(read);
        } else {
            String known = "one of " + knownTypes() + ", or bean: and a name";
            throw plugin.wrong("type", type, NearestName.of(type, knownTypes()).orElse(known));
        }
    }

    /** Notes what kind {@code tried} is, which was made to see whether its parameters are right. */
    private void take(SchedulingPolicy.Plugin plugin, Object tried) {
        if (tried instanceof Filter || tried instanceof Scorer || tried instanceof Picker) {
            ofProfiles.add(plugin.name());
        }
        if (tried instanceof AutoCloseable closeable) {
            try {
                closeable.close();
            } catch (Exception e) {
                throw new IllegalStateException("closing " + tried, e);
            }
        }
    }

    private static Set<String> knownTypes() {
        Set<String> known = new TreeSet<>(WaitingPlugins.types());
        known.addAll(IMPLIED);
        known.addAll(DataLayerPlugins.CATALOG.keySet());
        known.addAll(ProfileHandlers.CATALOG.keySet());
        known.addAll(Schedulers.catalogue().keySet());
        return known;
    }

    private void await(String what, Capability capability) {
        waiting.add(what + " (valid; needs capability " + capability.text() + ", not in this build)");
    }

    private List<SchedulingPolicy.Profile> readProfiles(List<PluginParameters> profiles) {
        if (profiles.isEmpty()) {
            return List.of(defaultProfile());
        }
        List<SchedulingPolicy.Profile> read = new ArrayList<>();
        Set<String> names = new TreeSet<>();
        for (PluginParameters profile : profiles) {
            String name = profile.requiredText("name");
            if (!names.add(name)) {
                throw profile.wrong("name", name, "a name of its own");
            }
            List<SchedulingPolicy.PluginRef> refs = new ArrayList<>();
            for (PluginParameters ref : profile.objects("plugins")) {
                String plugin = requireRef(ref);
                double weight = ref.number(
                        "weight", SchedulingPolicy.PluginRef.DEFAULT_WEIGHT, -Double.MAX_VALUE, Double.MAX_VALUE);
                if (runnable.stream().anyMatch(candidate -> candidate.name().equals(plugin))) {
                    refs.add(new SchedulingPolicy.PluginRef(plugin, weight));
                }
            }
            read.add(new SchedulingPolicy.Profile(name, refs));
        }
        return read;
    }

    /** llm-d takes every filter, scorer and picker in the order of a map; ours is that of the file. */
    private SchedulingPolicy.Profile defaultProfile() {
        return new SchedulingPolicy.Profile(
                "default",
                runnable.stream()
                        .filter(plugin -> ofProfiles.contains(plugin.name()))
                        .map(plugin -> new SchedulingPolicy.PluginRef(
                                plugin.name(), SchedulingPolicy.PluginRef.DEFAULT_WEIGHT))
                        .toList());
    }

    private String requireRef(PluginParameters ref) {
        String plugin = ref.requiredText("pluginRef");
        if (!types.containsKey(plugin)) {
            throw ref.wrong("pluginRef", plugin, "one of " + types.keySet());
        }
        return plugin;
    }

    private DataLayer readDataLayer(PluginParameters file) {
        DataLayer read = dataLayer.read(file, types.keySet(), unbuilt);
        if (file.has("peerDiscovery")) {
            requireRef(file.object("peerDiscovery"));
            warnings.add("dataLayer.peerDiscovery: read, but nothing uses it, as in llm-d");
        }
        if (file.has("crossReplicaSyncerPluginRef")) {
            file.text("crossReplicaSyncerPluginRef", "");
            await("dataLayer.crossReplicaSyncerPluginRef", Capability.CROSS_REPLICA_STATE);
        }
        file.any("crossReplicaSyncInterval");
        return read;
    }

    /** Returns the name of the saturation detector; empty for the default. */
    private String readFlowControl(PluginParameters file, boolean enabled) {
        PluginParameters flowControl = file.object("flowControl");
        if (file.has("flowControl") && !enabled) {
            warnings.add("flowControl: only its saturationDetector is used while the feature gate is off");
        }
        for (String quantity : List.of("maxBytes", "maxRequests", "defaultRequestTTL", "noEndpointRequestTTL")) {
            flowControl.any(quantity);
        }
        readBand(flowControl, "defaultPriorityBand");
        readBand(flowControl, "defaultNegativePriorityBand");
        Set<Integer> priorities = new TreeSet<>();
        for (PluginParameters band : flowControl.objects("priorityBands")) {
            int priority = band.integer("priority", 0, Integer.MIN_VALUE, Integer.MAX_VALUE);
            if (!priorities.add(priority)) {
                throw band.wrong("priority", priority, "a priority of its own");
            }
            readBand(band);
        }
        flowControl.text("usageLimitPolicyPluginRef", "");
        flowControl.flag("enableEviction", false);
        String older = file.has("saturationDetector") ? readDetector(file.object("saturationDetector")) : "";
        return flowControl.has("saturationDetector") ? readDetector(flowControl.object("saturationDetector")) : older;
    }

    private static void readBand(PluginParameters flowControl, String name) {
        PluginParameters band = flowControl.object(name);
        band.integer("priority", 0, Integer.MIN_VALUE, Integer.MAX_VALUE);
        readBand(band);
    }

    private static void readBand(PluginParameters band) {
        band.any("maxBytes");
        band.any("maxRequests");
        band.text("fairnessPolicyRef", "");
        band.text("orderingPolicyRef", "");
    }

    private String readDetector(PluginParameters detector) {
        String name = requireRef(detector);
        String type = String.valueOf(types.get(name));
        if (!SaturationDetectors.CATALOG.containsKey(type) && !type.startsWith(Schedulers.BEAN)) {
            throw detector.wrong(
                    "pluginRef", name, "a plug-in of one of " + new TreeSet<>(SaturationDetectors.CATALOG.keySet()));
        }
        return name;
    }

    /** The list goes before the older single parser, where there are both. */
    private ReadApis readParsers(PluginParameters file) {
        List<String> parsers = new ArrayList<>();
        file.object("requestHandler").objects("parsers").forEach(ref -> parsers.add(readParser(ref)));
        if (file.has("parser")) {
            String parser = readParser(file.object("parser"));
            if (parsers.isEmpty()) {
                parsers.add(parser);
            }
        }
        return parsers.isEmpty() ? ReadApis.ALL : ReadApis.of(parsers);
    }

    /** Returns the type of a parser; one that is not among the plug-ins is made by its type. */
    private String readParser(PluginParameters ref) {
        String parser = ref.requiredText("pluginRef");
        String type = types.getOrDefault(parser, parser);
        if (IMPLIED.contains(type) || unbuilt.contains(parser)) {
            return type;
        }
        WaitingPlugins.WaitingPlugin awaited = WaitingPlugins.find(type);
        if (awaited == null || !type.endsWith("-parser")) {
            throw ref.wrong("pluginRef", parser, "a parser: one of " + new TreeSet<>(IMPLIED));
        }
        await(ref.pathOf("pluginRef") + ": " + parser, awaited.capability());
        return type;
    }
}
