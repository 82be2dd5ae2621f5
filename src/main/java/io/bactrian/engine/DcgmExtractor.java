package io.bactrian.engine;

import io.bactrian.endpoint.Endpoint;
import io.bactrian.request.DataKey;
import java.time.Duration;

/**
 * Takes the utilisation of an endpoint's GPUs from NVIDIA's DCGM exporter, as a share from 0 to 1.
 *
 * @param name of the plug-in instance, under which other plug-ins find it
 */
public record DcgmExtractor(String name) implements Extractor {
    public static final String TYPE = "dcgm-extractor";

    private static final String GPU_UTILIZATION = "GPUUtilization";

    @Override
    public String type() {
        return TYPE;
    }

    @Override
    public Format reads() {
        return Format.METRICS;
    }

    @Override
    public PageReader reader(Endpoint endpoint, Duration slack) {
        return new GpuUtilizationReader(new DataKey<>(GPU_UTILIZATION, name), endpoint.name(), slack);
    }
}
