package io.bactrian.scheduling.scorer;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.endpoint.Topology;
import io.bactrian.request.DataKey;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.DataConsumer;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.Scorer;
import io.bactrian.scheduling.Scores;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Prefers endpoints near the endpoint that another stage of the request was given to; indifferent without one. */
final class TopologyAffinityScorer implements Scorer, DataConsumer {
    private final DataKey<Topology> key;

    private TopologyAffinityScorer(DataKey<Topology> key) {
        this.key = key;
    }

    static TopologyAffinityScorer create(PluginParameters parameters, PluginServices services) {
        return new TopologyAffinityScorer(Topology.key(parameters.text("topologyProducerName", "")));
    }

    @Override
    public Set<DataKey<?>> consumes() {
        return Set.of(key);
    }

    @Override
    public Scores score(InferenceRequest request, List<EndpointState> candidates) {
        EndpointState peer = request.attributes().get(EndpointState.PEER);
        Topology of = peer == null ? null : peer.get(key);
        return Scores.each(candidates, candidate -> score(of, candidate.get(key)));
    }

    private static double score(@Nullable Topology peer, @Nullable Topology candidate) {
        if (peer == null || candidate == null) {
            return 0;
        }
        return switch (peer.closest(candidate)) {
            case HOST -> 1;
            case RACK -> 0.2;
            case ZONE -> 0.05;
            case REGION -> 0.02;
            case NONE -> 0;
        };
    }
}
