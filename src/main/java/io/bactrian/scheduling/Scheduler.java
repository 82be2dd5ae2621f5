package io.bactrian.scheduling;

import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.endpoint.LoadMeter;
import io.bactrian.flowcontrol.SaturationDetector;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.InferenceRequest;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * Decides which endpoints of one pool serve a request, in the steps that a route names: who asks, who may serve, what is
 * known of them, which of them it is to be. Safe between threads.
 */
public final class Scheduler {
    private static final Decision.Refused NO_CANDIDATES = new Decision.Refused(
            ErrorCode.NO_ENDPOINT, "failed to find endpoint candidates for serving the request", Decision.NO_ENDPOINTS);

    private final long generation;
    private final SchedulerParts parts;
    private final Map<String, SchedulingProfile> profiles;
    private final SchedulingObserver observer;
    private final Supplier<? extends RandomGenerator> random;

    /**
     * @param generation counts the configurations of the pool, from 1 on
     * @param random gives each thread a source of its own
     */
    public Scheduler(
            long generation,
            SchedulerParts parts,
            SchedulingObserver observer,
            Supplier<? extends RandomGenerator> random) {
        this.generation = generation;
        this.parts = parts;
        this.profiles = new LinkedHashMap<>();
        for (SchedulingProfile profile : parts.profiles()) {
            if (this.profiles.put(profile.name(), profile) != null) {
                throw new IllegalArgumentException("profile: " + profile.name() + " (expected: a name of its own)");
            }
        }
        this.observer = observer;
        this.random = random;
    }

    /** Returns which of the pool's configurations this scheduler decides by. */
    public long generation() {
        return generation;
    }

    /** Returns what measures how full the pool is. */
    public SaturationDetector saturationDetector() {
        return parts.detector();
    }

    /** Returns what the saturation detector is called; empty if it has no name. */
    public Optional<PluginName> saturationDetectorName() {
        return parts.detectorName();
    }

    /** Lets the plug-ins read the headers of {@code request}; throws {@code InferenceException} if one turns it away. */
    public void readHeaders(InferenceRequest request) {
        for (HeaderProcessor processor : parts.headerProcessors()) {
            processor.process(request);
        }
    }

    /** Returns those of the pool's {@code endpoints} that may serve {@code request}. */
    public List<EndpointState> screen(InferenceRequest request, List<EndpointState> endpoints) {
        if (parts.screeners().isEmpty()) {
            return endpoints;
        }
        PluginTiming timing = timing();
        List<EndpointState> candidates = endpoints;
        for (Screener screener : parts.screeners()) {
            long began = timing.begins();
            Set<EndpointState> passed = new LinkedHashSet<>(screener.screen(request, endpoints));
            timing.ends(ExtensionPoint.SCREENER, screener, began);
            candidates = candidates.stream().filter(passed::contains).toList();
        }
        return candidates;
    }

    /**
     * Runs the data producers over {@code candidates}, one after the other. The request's bytes must be held during the
     * call.
     *
     * @param home runs what belongs to the request's own thread
     * @param then takes who is to hear of the request from here on; called before this returns unless a producer has to be
     *     waited for, else by {@code home}
     */
    public void enrich(
            InferenceRequest request, List<EndpointState> candidates, Executor home, Consumer<RequestListener> then) {
        new Enrichment(parts, observer, timing(), request, candidates, home, then).run();
    }

    /** Decides over {@code candidates}, which {@link #enrich} has been run on. */
    public Decision decide(InferenceRequest request, List<EndpointState> candidates) {
        PluginTiming timing = timing();
        for (Admitter admitter : parts.admitters()) {
            long began = timing.begins();
            Optional<Decision.Refused> refusal = admitter.refusal(request, candidates);
            timing.ends(ExtensionPoint.ADMITTER, admitter, began);
            if (refusal.isPresent()) {
                return observed(request, candidates, Map.of(), refusal.get());
            }
        }
        return decide(request, candidates, timing);
    }

    /** Decides as {@link #decide}, for a request that has been admitted and whose first endpoint failed. */
    public Decision decideAgain(InferenceRequest request, List<EndpointState> candidates) {
        return decide(request, candidates, timing());
    }

    private Decision decide(InferenceRequest request, List<EndpointState> candidates, PluginTiming timing) {
        if (candidates.isEmpty()) {
            return observed(request, candidates, Map.of(), NO_CANDIDATES);
        }
        Map<String, ProfileResult> results = new LinkedHashMap<>();
        List<String> next = next(request, candidates, results, timing);
        while (!next.isEmpty()) {
            for (String name : next) {
                results.put(name, profile(name).run(request, candidates, random.get(), timing));
            }
            next = next(request, candidates, results, timing);
        }
        long began = timing.begins();
        Decision decision =
                ConditionalDecode.check(request, parts.handler().conclude(request, results), parts.availability());
        timing.ends(ExtensionPoint.PROFILE_RESULTS, parts.handler(), began);
        return observed(request, candidates, results, decision);
    }

    private List<String> next(
            InferenceRequest request,
            List<EndpointState> candidates,
            Map<String, ProfileResult> results,
            PluginTiming timing) {
        long began = timing.begins();
        List<String> next = parts.handler().next(request, candidates, results);
        timing.ends(ExtensionPoint.PROFILE_PICKER, parts.handler(), began);
        return next;
    }

    private PluginTiming timing() {
        return PluginTiming.of(observer, parts.names());
    }

    /** Returns what counts the load of {@code request} at {@code endpoint}. */
    LoadMeter loadOf(InferenceRequest request, Endpoint endpoint) {
        return observer.loadOf(request, endpoint);
    }

    private Decision observed(
            InferenceRequest request,
            List<EndpointState> candidates,
            Map<String, ProfileResult> results,
            Decision decision) {
        observer.decided(request, candidates.size(), decision);
        observer.traced(new DecisionTrace(request, generation, candidates, results, decision));
        return decision;
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
