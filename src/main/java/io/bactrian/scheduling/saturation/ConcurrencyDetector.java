package io.bactrian.scheduling.saturation;

import io.bactrian.endpoint.EndpointLoad;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.flowcontrol.SaturationDetector;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.Filter;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import java.util.List;

/**
 * Measures how full endpoints are by what the router has in flight there, which it knows at every moment. As a filter it keeps
 * the endpoints below their limit, and nobody if none is.
 */
final class ConcurrencyDetector implements SaturationDetector, Filter {
    static final String TYPE = "concurrency-detector";

    private final Mode mode;
    private final double maxRequests;
    private final double maxTokens;
    private final double headroom;

    /** What is counted against a limit. */
    private enum Mode {
        REQUESTS,
        TOKENS,
        HYBRID
    }

    private ConcurrencyDetector(Mode mode, double maxRequests, double maxTokens, double headroom) {
        this.mode = mode;
        this.maxRequests = maxRequests;
        this.maxTokens = maxTokens;
        this.headroom = headroom;
    }

    static ConcurrencyDetector create(PluginParameters parameters, PluginServices services) {
        return new ConcurrencyDetector(
                switch (parameters.choice("concurrencyMode", "requests", List.of("requests", "tokens", "hybrid"))) {
                    case "tokens" -> Mode.TOKENS;
                    case "hybrid" -> Mode.HYBRID;
                    default -> Mode.REQUESTS;
                },
                parameters.integer("maxConcurrency", 100, 1, Integer.MAX_VALUE),
                parameters.integer("maxTokenConcurrency", 1_000_000, 1, Integer.MAX_VALUE),
                parameters.number("headroom", 0, 0, Double.MAX_VALUE));
    }

    @Override
    public double saturation(List<EndpointState> endpoints) {
        if (endpoints.isEmpty()) {
            return 1;
        }
        double sum = 0;
        for (EndpointState endpoint : endpoints) {
            EndpointLoad load = endpoint.load();
            double requests = load.requests() / maxRequests;
            double tokens = load.promptTokens() / maxTokens;
            sum += switch (mode) {
                case REQUESTS -> requests;
                case TOKENS -> tokens;
                case HYBRID -> Math.max(requests, tokens);
            };
        }
        return sum / endpoints.size();
    }

    @Override
    public List<EndpointState> filter(InferenceRequest request, List<EndpointState> candidates) {
        return candidates.stream().filter(this::hasRoom).toList();
    }

    private boolean hasRoom(EndpointState endpoint) {
        boolean requests = mode == Mode.TOKENS || endpoint.load().requests() < limit(maxRequests);
        boolean tokens = mode == Mode.REQUESTS || endpoint.load().promptTokens() < limit(maxTokens);
        return requests && tokens;
    }

    private long limit(double max) {
        return (long) (max * (1 + headroom));
    }
}
