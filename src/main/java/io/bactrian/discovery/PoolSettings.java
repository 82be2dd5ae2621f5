package io.bactrian.discovery;

import io.bactrian.disaggregation.SplitSettings;
import java.time.Duration;
import java.util.List;

/**
 * One pool of model servers, named in the configuration.
 *
 * @param models model names clients may ask for
 * @param endpoints addresses of the model servers, each as host:port
 * @param endpointsFile a file that lists the model servers instead; empty for none
 * @param schedulingFile llm-d's {@code EndpointPickerConfig} by which endpoints are chosen; empty for queue, KV cache and
 *     prefix
 * @param fileCheckInterval how often both files are looked at for changes
 * @param allowExperimentalPlugins whether the scheduling file may name plug-ins that llm-d calls Alpha
 * @param ifAvailableProducer the data producer whose prefix match {@code Prefer: if-available} goes by; empty for
 *     {@code approx-prefix-cache-producer}
 * @param split how prefill and decode are split
 */
public record PoolSettings(
        List<String> models,
        List<String> endpoints,
        String endpointsFile,
        String schedulingFile,
        Duration fileCheckInterval,
        boolean allowExperimentalPlugins,
        String ifAvailableProducer,
        SplitSettings split) {

    /** Models, and endpoints or a file of them, must be given. */
    public static final PoolSettings DEFAULTS = new PoolSettings(List.of(), List.of());

    public PoolSettings {
        models = List.copyOf(models);
        endpoints = List.copyOf(endpoints);
        if (fileCheckInterval.toMillis() < 1) {
            throw new IllegalArgumentException("fileCheckInterval: " + fileCheckInterval + " (expected: >= 1ms)");
        }
    }

    /** A pool that chooses as it does without a file. */
    public PoolSettings(List<String> models, List<String> endpoints) {
        this(models, endpoints, "", "", Duration.ofSeconds(1), false, "", SplitSettings.DEFAULTS);
    }
}
