package io.bactrian.telemetry;

import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.LoadMeter;
import io.bactrian.endpoint.RequestCost;
import io.bactrian.request.Objective;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Counts what is in flight at each endpoint, by flow. Safe between threads. */
final class InFlightMeters {
    /** Series of this many endpoints and flows; what comes after them is counted together. */
    private static final int MAX_LABEL_SETS = 10_000;

    private static final String[] LABELS = {"endpoint_name", "namespace", "producer_name", "fairness_id", "priority"};

    private final CappedNames fairnessIds = new CappedNames(List.of(Objective.DEFAULT_FAIRNESS_ID));
    private final Family<LongAdder> requestFamily;
    private final Family<LongAdder> tokenFamily;
    private final Map<Flow, LoadMeter> byFlow = new ConcurrentHashMap<>();

    private record Flow(Place place, String fairnessId, int priority) {}

    private record Place(String endpoint, String namespace) {
        static Place of(Endpoint endpoint) {
            return new Place(endpoint.name(), endpoint.namespace());
        }
    }

    InFlightMeters(PrometheusMeterRegistry registry) {
        this.requestFamily =
                Family.levels(registry, MetricNames.INFLIGHT_REQUESTS, "Requests at an endpoint, by flow.", LABELS);
        this.tokenFamily = Family.levels(
                registry,
                MetricNames.INFLIGHT_TOKENS,
                "Tokens that an endpoint has still to compute, as far as the router knows, by flow.",
                LABELS);
    }

    /** Returns what counts a request of {@code objective} at {@code endpoint}. */
    LoadMeter of(Endpoint endpoint, Objective objective) {
        Flow flow = new Flow(Place.of(endpoint), fairnessIds.of(objective.fairnessId()), objective.priority());
        LoadMeter known = byFlow.get(flow);
        if (known != null) {
            return known;
        }
        Flow told = byFlow.size() < MAX_LABEL_SETS ? flow : new Flow(flow.place(), CappedNames.OTHER, 0);
        return byFlow.computeIfAbsent(told, this::meter);
    }

    private LoadMeter meter(Flow flow) {
        LongAdder requests = series(requestFamily, flow);
        LongAdder tokens = series(tokenFamily, flow);
        return (moreRequests, moreTokens) -> {
            requests.add(moreRequests);
            tokens.add(moreTokens);
        };
    }

    private static LongAdder series(Family<LongAdder> family, Flow flow) {
        return family.series(
                flow.place().endpoint(),
                flow.place().namespace(),
                RequestCost.DEFAULT_PRODUCER,
                flow.fairnessId(),
                String.valueOf(flow.priority()));
    }

    /** Shows no endpoint any more but {@code present}. */
    void retainOnly(List<Endpoint> present) {
        Set<Place> places =
                Set.copyOf(present.stream().map(Place::of).distinct().toList());
        byFlow.keySet().removeIf(flow -> !places.contains(flow.place()));
        for (Family<LongAdder> family : List.of(requestFamily, tokenFamily)) {
            family.remove(labels -> !places.contains(new Place(labels.get("endpoint_name"), labels.get("namespace"))));
        }
    }
}
