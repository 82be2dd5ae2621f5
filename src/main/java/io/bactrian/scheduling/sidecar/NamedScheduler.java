package io.bactrian.scheduling.sidecar;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.Picker;
import io.bactrian.scheduling.ProfileHandler;
import io.bactrian.scheduling.ProfileResult;
import io.bactrian.scheduling.Scheduler;
import io.bactrian.scheduling.SchedulerParts;
import io.bactrian.scheduling.SchedulingObserver;
import io.bactrian.scheduling.SchedulingProfile;
import io.bactrian.scheduling.ScoredCandidates;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * Decides by what headers have named: each candidate has a {@link NamedJob}. The engine beside us answers. Of several that may compute
 * the prompt one is taken, and the next when it fails.
 */
public final class NamedScheduler implements ProfileHandler {
    private static final String RANK_HEADER = "x-data-parallel-rank";

    private NamedScheduler() {}

    /**
     * Returns the scheduler.
     *
     * @param samples whether one of several prefill candidates is taken by chance, not the first
     * @param random gives each thread a source of its own
     */
    public static Scheduler create(
            boolean samples, SchedulingObserver observer, Supplier<? extends RandomGenerator> random) {
        List<SchedulingProfile> profiles = List.of(
                profile(NamedJob.DECODE, (scored, by) -> List.of(scored.candidate(0))),
                profile(NamedJob.PREFILL, (scored, by) -> {
                    List<EndpointState> well = wellOnes(all(scored));
                    return List.of(well.get(samples ? by.nextInt(well.size()) : 0));
                }),
                profile(NamedJob.ENCODE, (scored, by) -> all(scored)));
        return new Scheduler(1, SchedulerParts.of(profiles, new NamedScheduler()), observer, random);
    }

    private static SchedulingProfile profile(NamedJob job, Picker picker) {
        SchedulingProfile.NamedFilter named =
                new SchedulingProfile.NamedFilter("named", (request, candidates) -> having(job, candidates));
        return new SchedulingProfile(job.profile(), List.of(named), List.of(), picker);
    }

    private static List<EndpointState> having(NamedJob job, List<EndpointState> candidates) {
        return candidates.stream()
                .filter(candidate -> NamedJob.of(candidate) == job)
                .toList();
    }

    private static List<EndpointState> all(ScoredCandidates scored) {
        return IntStream.range(0, scored.size()).mapToObj(scored::candidate).toList();
    }

    /** Returns those whose breakers let requests through; all if none does, as somebody must be told that it failed. */
    private static List<EndpointState> wellOnes(List<EndpointState> endpoints) {
        List<EndpointState> well = endpoints.stream()
                .filter(endpoint -> endpoint.breaker().wouldPermit())
                .toList();
        return well.isEmpty() ? endpoints : well;
    }

    @Override
    public List<String> next(
            InferenceRequest request, List<EndpointState> candidates, Map<String, ProfileResult> results) {
        if (!results.isEmpty()) {
            return List.of();
        }
        return Arrays.stream(NamedJob.values())
                .filter(job -> job == NamedJob.DECODE
                        || candidates.stream().anyMatch(candidate -> NamedJob.of(candidate) == job))
                .map(NamedJob::profile)
                .toList();
    }

    @Override
    public Decision conclude(InferenceRequest request, Map<String, ProfileResult> results) {
        Map<String, ProfileResult.Picked> picked = new HashMap<>();
        results.forEach((profile, result) -> {
            if (result instanceof ProfileResult.Picked chosen) {
                picked.put(profile, chosen);
            }
        });
        ProfileResult.Picked engine = picked.get(NamedJob.DECODE.profile());
        if (engine == null) {
            return new Decision.Refused(ErrorCode.NO_ENDPOINT, "the decode engine is not ready", Decision.NO_ENDPOINTS);
        }
        String rank = request.attributes().get(NamedJob.RANK);
        Decision.Route route = rank == null
                ? null
                : new Decision.Route(engine.endpoints().get(0).endpoint().address(), Map.of(RANK_HEADER, rank));
        return new Decision.Picked(NamedJob.DECODE.profile(), picked, route);
    }
}
