package io.bactrian.scheduling.saturation;

import io.bactrian.endpoint.EndpointMetrics;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.flowcontrol.SaturationDetector;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.Filter;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import java.time.Duration;
import java.util.List;

/**
 * Measures how full endpoints are by what they report: their queue and their KV cache. What the router has sent since a report
 * counts as waiting, so that a burst is seen before the next report.
 *
 * <p>saturation = mean over the endpoints of {@link EndpointState#fullness}. As a filter it keeps the
 * endpoints below both thresholds, and all if none is.
 */
final class UtilizationDetector implements SaturationDetector, Filter {
    static final String TYPE = "utilization-detector";

    private final int queueDepthThreshold;
    private final double kvCacheUtilThreshold;
    private final Duration staleAfter;
    private final double headroom;
    private final boolean ignoresStale;

    private UtilizationDetector(
            int queueDepthThreshold,
            double kvCacheUtilThreshold,
            Duration staleAfter,
            double headroom,
            boolean ignoresStale) {
        this.queueDepthThreshold = queueDepthThreshold;
        this.kvCacheUtilThreshold = kvCacheUtilThreshold;
        this.staleAfter = staleAfter;
        this.headroom = headroom;
        this.ignoresStale = ignoresStale;
    }

    static UtilizationDetector create(PluginParameters parameters, PluginServices services) {
        return new UtilizationDetector(
                parameters.integer("queueDepthThreshold", 5, 1, Integer.MAX_VALUE),
                parameters.number("kvCacheUtilThreshold", 0.8, Double.MIN_VALUE, 1),
                parameters.duration("metricsStalenessThreshold", Duration.ofMillis(200)),
                parameters.number("headroom", 0, 0, Double.MAX_VALUE),
                parameters
                        .choice("stalenessPolicy", "saturated", List.of("saturated", "ignore"))
                        .equals("ignore"));
    }

    @Override
    public double saturation(List<EndpointState> endpoints) {
        double sum = 0;
        int counted = 0;
        for (EndpointState endpoint : endpoints) {
            if (!isStale(endpoint)) {
                sum += endpoint.fullness(queueDepthThreshold, kvCacheUtilThreshold);
                counted++;
            } else if (!ignoresStale) {
                sum += 1;
                counted++;
            }
        }
        if (counted == 0) {
            return endpoints.isEmpty() ? 1 : 0;
        }
        return sum / counted;
    }

    @Override
    public int stale(List<EndpointState> endpoints) {
        return (int) endpoints.stream().filter(this::isStale).count();
    }

    @Override
    public List<EndpointState> filter(InferenceRequest request, List<EndpointState> candidates) {
        List<EndpointState> free = candidates.stream().filter(this::hasRoom).toList();
        return free.isEmpty() ? candidates : free;
    }

    private boolean hasRoom(EndpointState endpoint) {
        return !isStale(endpoint)
                && endpoint.waitingRequests() < queueDepthThreshold * (1 + headroom)
                && endpoint.metrics().kvCacheUsage().value() < kvCacheUtilThreshold * (1 + headroom);
    }

    /** Half a report is none: what is missing could be what is full. */
    private boolean isStale(EndpointState endpoint) {
        EndpointMetrics metrics = endpoint.metrics();
        return !metrics.waitingRequests().ifFresh(endpoint.seenAt(), staleAfter).isPresent()
                || !metrics.kvCacheUsage()
                        .ifFresh(endpoint.seenAt(), staleAfter)
                        .isPresent();
    }
}
