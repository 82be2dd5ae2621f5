package io.bactrian.scheduling.filter;

import io.bactrian.scheduling.Filter;
import io.bactrian.scheduling.PluginFactory;
import java.util.Map;

/** The filters a scheduling profile may name, by their {@code type} in the configuration. */
public final class Filters {
    public static final Map<String, PluginFactory<Filter>> CATALOG = Map.of(BreakerFilter.TYPE, BreakerFilter::create);

    /** The type that stands first in every profile that does not name it itself. */
    public static final String ALWAYS_FIRST = BreakerFilter.TYPE;

    private Filters() {}
}
