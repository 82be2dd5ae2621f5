package io.bactrian.scheduling.session;

import io.bactrian.scheduling.PluginFactory;
import java.util.Map;

/** The plug-ins of session affinity a profile may name, by their {@code type} in the configuration. */
public final class SessionAffinityPlugins {
    public static final Map<String, PluginFactory<?>> CATALOG = Map.of(
            "session-affinity-filter",
            (parameters, services) -> new SessionAffinityFilter(SessionPins.create(parameters, services)),
            "session-affinity-scorer",
            (parameters, services) -> new SessionAffinityScorer(SessionPins.create(parameters, services)));

    private SessionAffinityPlugins() {}
}
