package io.bactrian.scheduling.decider;

import io.bactrian.scheduling.Decider;
import io.bactrian.scheduling.PluginFactory;
import java.util.Map;

/** The deciders a profile handler may name, by their {@code type} in the configuration. */
public final class Deciders {
    public static final Map<String, PluginFactory<Decider>> CATALOG = Map.of(
            PrefixBasedPdDecider.TYPE,
            PrefixBasedPdDecider::create,
            "always-disagg-pd-decider",
            (parameters, services) -> (request, decode, candidates) -> true,
            "always-disagg-multimodal-decider",
            (parameters, services) ->
                    (request, decode, candidates) -> request.prompt().mediaItems() > 0,
            LoadAwarePdDecider.TYPE,
            LoadAwarePdDecider::create);

    private Deciders() {}
}
