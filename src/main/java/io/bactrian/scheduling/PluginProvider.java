package io.bactrian.scheduling;

import java.util.Map;

/**
 * Brings plug-ins of a jar of somebody else's: it is named in {@code META-INF/services/io.bactrian.scheduling.PluginProvider}.
 */
public interface PluginProvider {

    /**
     * Returns factories by the {@code type} that a configuration calls their plug-ins. What a plug-in does shows in the
     * interfaces it implements: {@link Filter}, {@link Scorer}, {@link Picker}, {@link DataProducer} and so on.
     */
    Map<String, PluginFactory<?>> plugins();
}
