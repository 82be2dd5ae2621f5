package io.bactrian.scheduling.filter;

import io.bactrian.endpoint.EndpointRole;
import io.bactrian.scheduling.Filter;
import io.bactrian.scheduling.PluginFactory;
import java.util.List;
import java.util.Map;

/** The filters a scheduling profile may name, by their {@code type} in the configuration. */
public final class Filters {
    public static final Map<String, PluginFactory<Filter>> CATALOG = Map.ofEntries(
            Map.entry(BreakerFilter.TYPE, BreakerFilter::create),
            Map.entry(ServedModelFilter.TYPE, (parameters, services) -> new ServedModelFilter()),
            Map.entry("label-selector-filter", LabelSelectorFilter::create),
            Map.entry("by-label-selector", LabelSelectorFilter::create),
            Map.entry("by-label", LabelValueFilter::create),
            Map.entry("decode-filter", (parameters, services) -> new RoleFilter(EndpointRole::decodes)),
            Map.entry("prefill-filter", (parameters, services) -> new RoleFilter(EndpointRole::prefills)),
            Map.entry("encode-filter", (parameters, services) -> new RoleFilter(EndpointRole::encodes)),
            Map.entry("utilization-filter", UtilizationFilter::create),
            Map.entry("endpoint-attribute-filter", EndpointAttributeFilter::create),
            Map.entry("topology-affinity-filter", TopologyAffinityFilter::create),
            Map.entry("prefix-cache-affinity-filter", PrefixCacheAffinityFilter::create),
            Map.entry("header-based-testing-filter", (parameters, services) -> new TestHeaderFilter()));

    /** The types that stand first in every profile that does not name them itself, in their order. */
    public static final List<String> ALWAYS_FIRST = List.of(BreakerFilter.TYPE, ServedModelFilter.TYPE);

    private Filters() {}
}
