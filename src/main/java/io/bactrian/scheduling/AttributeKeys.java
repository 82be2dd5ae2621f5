package io.bactrian.scheduling;

import io.bactrian.request.DataKey;

/** Reads which attribute of endpoints a plug-in looks at. */
public final class AttributeKeys {
    /** Who attaches the custom metrics of metric pages. */
    private static final String DEFAULT_PRODUCER = "core-metrics-extractor";

    private AttributeKeys() {}

    /**
     * Reads the attribute named by {@code name}, and {@code producer}: an empty one stands for an attribute without a producer.
     */
    public static DataKey<Double> read(PluginParameters parameters, String name) {
        String attribute = parameters.requiredText(name);
        if (!parameters.has("producer") && attribute.contains("/")) {
            throw parameters.wrong(name, attribute, "no / where no producer is given");
        }
        return new DataKey<>(attribute, parameters.text("producer", DEFAULT_PRODUCER));
    }
}
