package io.bactrian.scheduling.filter;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.endpoint.Topology;
import io.bactrian.request.DataKey;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.DataConsumer;
import io.bactrian.scheduling.Filter;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Keeps the endpoints that are near enough to the endpoint that another stage of the request was given to. */
final class TopologyAffinityFilter implements Filter, DataConsumer {
    private final DataKey<Topology> key;
    private final Topology.Level minAffinity;

    private TopologyAffinityFilter(DataKey<Topology> key, Topology.Level minAffinity) {
        this.key = key;
        this.minAffinity = minAffinity;
    }

    static TopologyAffinityFilter create(PluginParameters parameters, PluginServices services) {
        return new TopologyAffinityFilter(
                Topology.key(parameters.text("topologyProducerName", "")),
                switch (parameters.choice("minAffinity", "host", List.of("host", "rack", "zone", "region"))) {
                    case "rack" -> Topology.Level.RACK;
                    case "zone" -> Topology.Level.ZONE;
                    case "region" -> Topology.Level.REGION;
                    default -> Topology.Level.HOST;
                });
    }

    @Override
    public Set<DataKey<?>> consumes() {
        return Set.of(key);
    }

    @Override
    public List<EndpointState> filter(InferenceRequest request, List<EndpointState> candidates) {
        EndpointState peer = request.attributes().get(EndpointState.PEER);
        Topology of = peer == null ? null : peer.get(key);
        if (of == null) {
            return candidates; // there is nobody to be near to
        }
        List<EndpointState> near = candidates.stream()
                .filter(candidate -> isNear(of, candidate.get(key)))
                .toList();
        return near.isEmpty() ? candidates : near;
    }

    private boolean isNear(Topology peer, @Nullable Topology candidate) {
        return candidate != null && peer.closest(candidate).compareTo(minAffinity) <= 0;
    }
}
