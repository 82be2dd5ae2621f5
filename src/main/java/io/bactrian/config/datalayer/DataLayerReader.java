package io.bactrian.config.datalayer;

import io.bactrian.engine.CoreMetricsExtractor;
import io.bactrian.engine.EngineMappings;
import io.bactrian.engine.Extractor;
import io.bactrian.scheduling.PluginParameters;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Puts the data layer together from the plug-ins that a scheduling file configures. */
public final class DataLayerReader {
    private final Map<String, Object> plugins = new LinkedHashMap<>(); // by name

    /** Makes a plug-in of {@code type}, one of {@link DataLayerPlugins#CATALOG}; throws IllegalArgumentException. */
    public void add(String type, PluginParameters parameters) {
        Object plugin =
                Objects.requireNonNull(DataLayerPlugins.CATALOG.get(type)).apply(parameters);
        parameters.rejectUnread();
        plugins.put(parameters.pluginName(), plugin);
    }

    /**
     * Reads the file's {@code dataLayer}.
     *
     * @param names of all plug-ins of the file, by which it may refer to them
     * @param waiting names of those that this build does not have
     */
    public DataLayer read(PluginParameters dataLayer, Set<String> names, Set<String> waiting) {
        List<DataSource> sources = new ArrayList<>();
        for (PluginParameters source : dataLayer.objects("sources")) {
            DataSource read = source(source, names, waiting);
            if (read != null) {
                sources.add(read);
            }
        }
        boolean hasMetrics =
                sources.stream().anyMatch(source -> source.page().type().equals(PageSource.METRICS));
        // llm-d looks for the type as a name, and adds a renamed source a second time.
        if (dataLayer.flag("injectDefaults", true) && !hasMetrics) {
            sources.add(0, injected());
        }
        FileDiscovery discovery =
                dataLayer.has("discovery") ? discovery(dataLayer.object("discovery"), names, waiting) : null;
        return new DataLayer(sources, discovery);
    }

    /** Returns the source; null if it is none whose pages are read. */
    private @Nullable DataSource source(PluginParameters source, Set<String> names, Set<String> waiting) {
        String name = requireRef(source, names);
        Object plugin = plugins.get(name);
        List<Extractor> extractors = new ArrayList<>();
        for (PluginParameters ref : source.objects("extractors")) {
            String extractor = requireRef(ref, names);
            if (plugin instanceof PageSource page && !waiting.contains(extractor)) {
                extractors.add(extractor(ref, extractor, page));
            }
        }
        if (plugin instanceof PageSource page) {
            return new DataSource(page, extractors);
        }
        if (plugin instanceof DataLayerPlugins.EndpointNotifications || waiting.contains(name)) {
            return null;
        }
        throw source.wrong("pluginRef", name, "a data source");
    }

    private Extractor extractor(PluginParameters ref, String name, PageSource page) {
        if (plugins.get(name) instanceof Extractor extractor && extractor.reads() == page.format()) {
            return extractor;
        }
        throw ref.wrong("pluginRef", name, "an extractor that reads pages of " + page.type());
    }

    private @Nullable FileDiscovery discovery(PluginParameters ref, Set<String> names, Set<String> waiting) {
        String name = requireRef(ref, names);
        if (plugins.get(name) instanceof FileDiscovery discovery) {
            return discovery;
        }
        if (waiting.contains(name)) {
            return null;
        }
        throw ref.wrong("pluginRef", name, "a discovery");
    }

    private DataSource injected() {
        PageSource page =
                plugins.get(PageSource.METRICS) instanceof PageSource given ? given : PageSource.DEFAULT_METRICS;
        Extractor extractor = plugins.get(CoreMetricsExtractor.TYPE) instanceof CoreMetricsExtractor given
                ? given
                : new CoreMetricsExtractor(EngineMappings.DEFAULT);
        return new DataSource(page, List.of(extractor));
    }

    private static String requireRef(PluginParameters ref, Set<String> names) {
        String plugin = ref.requiredText("pluginRef");
        if (!names.contains(plugin)) {
            throw ref.wrong("pluginRef", plugin, "one of " + names);
        }
        return plugin;
    }
}
