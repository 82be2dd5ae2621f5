package io.bactrian.scheduling.scorer;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.Scorer;
import io.bactrian.scheduling.Scores;
import java.util.List;

/**
 * Prefers endpoints with few requests of the router's in flight: 1 up to an idle threshold, then less the nearer to the
 * busiest, which gets 0.
 */
final class ActiveRequestScorer implements Scorer {
    private final int idleThreshold;
    private final double maxBusyScore;

    private ActiveRequestScorer(int idleThreshold, double maxBusyScore) {
        this.idleThreshold = idleThreshold;
        this.maxBusyScore = maxBusyScore;
    }

    static ActiveRequestScorer create(PluginParameters parameters, PluginServices services) {
        parameters.text("inFlightLoadProducerName", ""); // the router's own count, whoever is named
        parameters.text("requestTimeout", ""); // llm-d takes it and does nothing with it
        // llm-d keeps the default in place of a value that makes no sense.
        int idle = parameters.integer("idleThreshold", 0, Integer.MIN_VALUE, Integer.MAX_VALUE);
        double busy = parameters.number("maxBusyScore", 1, -Double.MAX_VALUE, Double.MAX_VALUE);
        return new ActiveRequestScorer(Math.max(0, idle), busy >= 0 && busy <= 1 ? busy : 1);
    }

    @Override
    public Scores score(InferenceRequest request, List<EndpointState> candidates) {
        int[] requests = candidates.stream()
                .mapToInt(candidate -> candidate.load().requests())
                .toArray();
        double most = 0;
        for (int count : requests) {
            most = Math.max(most, count);
        }
        double busiest = most;
        return Scores.indexed(
                candidates.size(),
                i -> requests[i] <= idleThreshold ? 1 : (busiest - requests[i]) / busiest * maxBusyScore);
    }
}
