package io.bactrian.scheduling.producer;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.endpoint.Topology;
import io.bactrian.request.DataKey;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.DataProducer;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.RequestListener;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Tells where endpoints stand, by their labels. */
final class TopologyExtractor implements DataProducer {
    static final String TYPE = "topology-extractor";

    private final DataKey<Topology> key;
    private final String hostname;
    private final String rack;
    private final String zone;
    private final String region;

    private TopologyExtractor(DataKey<Topology> key, String hostname, String rack, String zone, String region) {
        this.key = key;
        this.hostname = hostname;
        this.rack = rack;
        this.zone = zone;
        this.region = region;
    }

    static TopologyExtractor create(PluginParameters parameters, PluginServices services) {
        return new TopologyExtractor(
                Topology.key(parameters.pluginName()),
                parameters.text("hostname", "kubernetes.io/hostname"),
                parameters.text("rack", "topology.kubernetes.io/rack"),
                parameters.text("zone", "topology.kubernetes.io/zone"),
                parameters.text("region", "topology.kubernetes.io/region"));
    }

    @Override
    public Set<DataKey<?>> produces() {
        return Set.of(key);
    }

    @Override
    public RequestListener produce(InferenceRequest request, List<EndpointState> candidates) {
        for (EndpointState candidate : candidates) {
            Map<String, String> labels = candidate.endpoint().labels();
            candidate.put(
                    key,
                    new Topology(
                            labels.getOrDefault(hostname, ""),
                            labels.getOrDefault(rack, ""),
                            labels.getOrDefault(zone, ""),
                            labels.getOrDefault(region, "")));
        }
        return RequestListener.NONE;
    }
}
