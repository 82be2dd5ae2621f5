package io.bactrian.discovery;

import java.util.List;

/**
 * One pool of model servers, named in the configuration.
 *
 * @param models model names clients may ask for
 * @param endpoints addresses of the model servers, each as host:port
 */
public record PoolSettings(List<String> models, List<String> endpoints) {

    /** Nothing: both must be given. */
    public static final PoolSettings DEFAULTS = new PoolSettings();

    public PoolSettings {
        models = List.copyOf(models);
        endpoints = List.copyOf(endpoints);
    }

    private PoolSettings() {
        this(List.of(), List.of());
    }
}
