package io.bactrian.scheduling.saturation;

import io.bactrian.scheduling.PluginFactory;
import java.util.Map;

/** The saturation detectors a policy may name, by their {@code type} in the configuration; each is a filter, too. */
public final class SaturationDetectors {
    public static final Map<String, PluginFactory<?>> CATALOG = Map.of(
            UtilizationDetector.TYPE, UtilizationDetector::create,
            ConcurrencyDetector.TYPE, ConcurrencyDetector::create);

    /** The type used by a policy that names none. */
    public static final String DEFAULT_TYPE = UtilizationDetector.TYPE;

    private SaturationDetectors() {}
}
