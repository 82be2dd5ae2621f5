package io.bactrian.scheduling;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.InferenceRequest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Decides which endpoints of one pool serve a request. Safe between threads. */
public final class Scheduler {
    private static final Logger LOG = LoggerFactory.getLogger(Scheduler.class);

    private static final Decision.Refused NO_CANDIDATES = new Decision.Refused(
            ErrorCode.NO_ENDPOINT, "failed to find endpoint candidates for serving the request", Decision.NO_ENDPOINTS);

    private final List<DataProducer> producers;
    private final Map<String, SchedulingProfile> profiles;
    private final ProfileHandler handler;
    private final List<PickListener> listeners;
    private final SchedulingObserver observer;
    private final Supplier<? extends RandomGenerator> random;

    /**
     * @param producers in the order in which they run
     * @param listeners plug-ins that learn from every decision, whatever request it is for
     * @param random gives each thread a source of its own
     */
    public Scheduler(
            List<DataProducer> producers,
            List<SchedulingProfile> profiles,
            ProfileHandler handler,
            List<PickListener> listeners,
            SchedulingObserver observer,
            Supplier<? extends RandomGenerator> random) {
        this.producers = List.copyOf(producers);
        this.profiles = new LinkedHashMap<>();
        for (SchedulingProfile profile : profiles) {
            if (this.profiles.put(profile.name(), profile) != null) {
                throw new IllegalArgumentException("profile: " + profile.name() + " (expected: a name of its own)");
            }
        }
        this.handler = handler;
        this.listeners = List.copyOf(listeners);
        this.observer = observer;
        this.random = random;
    }

    /**
     * Runs the data producers over {@code candidates}; one that fails is passed over. The request's bytes must be held.
     *
     * @return to be told of every decision taken for this request, and holding no view of its bytes
     */
    public PickListener enrich(InferenceRequest request, List<EndpointState> candidates) {
        List<PickListener> interested = new ArrayList<>(producers.size());
        for (DataProducer producer : producers) {
            try {
                PickListener listener = producer.produce(request, candidates);
                if (listener != PickListener.NONE) {
                    interested.add(listener);
                }
            } catch (RuntimeException e) {
                observer.producerFailed(producer, e);
                LOG.debug("data producer {} failed; the request goes on without its data", producer, e);
            }
        }
        return decision -> interested.forEach(listener -> listener.picked(decision));
    }

    /** Decides over {@code candidates}, which {@link #enrich} has been run on. */
    public Decision decide(InferenceRequest request, List<EndpointState> candidates) {
        Decision decision = candidates.isEmpty() ? NO_CANDIDATES : runProfiles(request, candidates);
        if (decision instanceof Decision.Picked picked) {
            for (PickListener listener : listeners) {
                listener.picked(picked);
            }
        }
        observer.decided(request, candidates.size(), decision);
        return decision;
    }

    private Decision runProfiles(InferenceRequest request, List<EndpointState> candidates) {
        Map<String, ProfileResult> results = new LinkedHashMap<>();
        List<String> next = handler.next(request, candidates, results);
        while (!next.isEmpty()) {
            for (String name : next) {
                results.put(name, profile(name).run(request, candidates, random.get()));
            }
            next = handler.next(request, candidates, results);
        }
        return handler.conclude(request, results);
    }

    private SchedulingProfile profile(String name) {
        SchedulingProfile profile = profiles.get(name);
        if (profile == null) {
            throw new IllegalStateException(
                    "profile handler asked for " + name + " (expected: one of " + profiles.keySet() + ")");
        }
        return profile;
    }
}
