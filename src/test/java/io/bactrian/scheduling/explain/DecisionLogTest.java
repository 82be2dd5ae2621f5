package io.bactrian.scheduling.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.bactrian.endpoint.EndpointPool;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.fixture.Candidates;
import io.bactrian.fixture.InferenceRequests;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.Prompt;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.DecisionTrace;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.Scheduler;
import io.bactrian.scheduling.SchedulingObserver;
import io.bactrian.scheduling.SchedulingPolicy;
import io.bactrian.scheduling.SchedulingPolicy.Plugin;
import io.bactrian.scheduling.SchedulingPolicy.PluginRef;
import io.bactrian.scheduling.SchedulingPolicy.Profile;
import io.bactrian.scheduling.profile.Schedulers;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class DecisionLogTest {
    private final DecisionLog log = new DecisionLog(1000);

    @Test
    void tellsWhatWasDecidedAndWhy() {
        EndpointState a = Candidates.reporting("a", 0, 0.1);
        EndpointState b = Candidates.reporting("b", 4, 0.2);
        EndpointState s = Candidates.silent("s");
        decide(scheduler(2, 2), List.of(a, b, s));

        DecisionRecord record = log.find("r1").get(0);

        assertThat(record.generation()).isEqualTo(7);
        assertThat(record.candidates()).isEqualTo(3);
        assertThat(record.decidedAt()).isEqualTo(Candidates.NOW);
        ProfileRecord profile = record.profiles().get(0);
        assertThat(profile.verdicts().get(0).filter()).isEqualTo("breaker-filter");
        assertThat(profile.scorers()).containsExactly("queue-scorer", "kv-cache-utilization-scorer");
        assertThat(profile.endpoint(0)).isEqualTo(a.endpoint());
        assertThat(profile.total(0)).isCloseTo(3.8, within(1e-9));
        assertThat(profile.score(1, 0)).isZero();
        assertThat(profile.score(2, 0)).as("left out").isNaN();
        assertThat(profile.ageMillis(0, 0)).isZero();
        assertThat(profile.ageMillis(2, 0)).isEqualTo(ProfileRecord.ABSENT);
        assertThat(profile.endpoint(profile.runnerUp())).isEqualTo(b.endpoint());
    }

    @Test
    void namesWhoFellThroughWhichFilter() {
        Scheduler scheduler = scheduler(new SchedulingPolicy(
                List.of(Plugin.ofType("prefill-filter")),
                List.of(new Profile("p", List.of(new PluginRef("prefill-filter", 1))))));
        decide(scheduler, List.of(Candidates.silent("a"), Candidates.silent("b")));

        DecisionRecord record = log.find("r1").get(0);

        assertThat(record.refusal()).isEqualTo("no endpoints available for the given request");
        assertThat(record.profiles().get(0).verdicts().get(2).removed())
                .extracting(endpoint -> endpoint.name())
                .containsExactly("a", "b");
    }

    @Test
    void aRequestThatIsTriedAgainHasSeveral() {
        Scheduler scheduler = scheduler(1, 1);
        InferenceRequest request = InferenceRequests.completion(Prompt.NONE);
        scheduler.decide(request, List.of(Candidates.reporting("a", 0, 0), Candidates.reporting("b", 1, 0)));
        scheduler.decideAgain(request, List.of(Candidates.reporting("b", 1, 0)));

        assertThat(log.find("r1")).extracting(DecisionRecord::candidates).containsExactly(2, 1);
        assertThat(log.find("r2")).isEmpty();
    }

    @Test
    void theOldestMakesRoomForTheNewest() {
        DecisionLog small = new DecisionLog(3);
        IntStream.range(0, 1_000_000).forEach(i -> small.add(trace("r" + i)));

        assertThat(small.find("r999996")).isEmpty();
        assertThat(small.find("r999997")).hasSize(1);
        assertThat(small.find("r999999")).hasSize(1);
        DecisionLog none = new DecisionLog(0);
        none.add(trace("r"));
        assertThat(none.find("r")).isEmpty();
    }

    private static DecisionTrace trace(String id) {
        InferenceRequest request = new InferenceRequest(
                id,
                io.bactrian.request.Api.COMPLETIONS,
                "m",
                "",
                "",
                false,
                false,
                java.util.OptionalInt.empty(),
                Prompt.NONE,
                0,
                new io.bactrian.request.RequestContext(io.bactrian.request.RequestHeaders.NONE));
        return new DecisionTrace(
                request,
                1,
                List.of(),
                Map.of(),
                new Decision.Refused(io.bactrian.request.ErrorCode.NO_ENDPOINT, "none", "x"));
    }

    @Test
    void manyEndpointsAreNotAllKept() {
        List<EndpointState> candidates = IntStream.range(0, 1000)
                .mapToObj(i -> Candidates.reporting("e" + i, 1000 - i, 0))
                .toList();
        decide(scheduler(1, 0), candidates);

        ProfileRecord profile = log.find("r1").get(0).profiles().get(0);

        assertThat(profile.scored()).isEqualTo(1000);
        assertThat(IntStream.range(0, profile.kept())
                        .mapToObj(i -> profile.endpoint(i).name()))
                .containsExactly("e999", "e998", "e997", "e996", "e995", "e994", "e993", "e992");
    }

    /** Replaying a record's inputs gives its winner, and the change it says would flip the decision does. */
    @Property(tries = 1000)
    void whatItSaysWouldFlipTheDecisionDoes(
            @ForAll @Size(min = 2, max = 12) List<@IntRange(max = 20) Integer> waiting,
            @ForAll @DoubleRange(min = -3, max = 3) double queueWeight,
            @ForAll @DoubleRange(min = -3, max = 3) double cacheWeight,
            @ForAll long seed) {
        Random random = new Random(seed);
        List<EndpointState> candidates = new ArrayList<>();
        for (int i = 0; i < waiting.size(); i++) {
            candidates.add(
                    random.nextInt(5) == 0
                            ? Candidates.silent("e" + i)
                            : Candidates.reporting("e" + i, waiting.get(i), random.nextDouble()));
        }
        DecisionLog fresh = new DecisionLog(1);
        Decision.Picked decision = (Decision.Picked) scheduler(queueWeight, cacheWeight, fresh)
                .decide(InferenceRequests.completion(Prompt.NONE), candidates);

        ProfileRecord profile = fresh.find("r1").get(0).profiles().get(0);

        assertThat(profile.endpoint(0)).isEqualTo(decision.endpoint().endpoint());
        for (int i = 0; i < profile.kept(); i++) {
            assertThat(total(profile, i, Optional.empty())).isCloseTo(profile.total(i), within(1e-9));
            assertThat(profile.total(i)).isLessThanOrEqualTo(profile.total(0));
        }
        Optional<Flip> flip = Flip.of(profile);
        if (flip.isPresent()) {
            assertThat(total(profile, profile.runnerUp(), flip)).isCloseTo(total(profile, 0, flip), within(1e-9));
        } else if (profile.total(profile.runnerUp()) < profile.total(0)) {
            assertThat(someScoreFlips(profile)).isFalse();
        }
    }

    /** The slow, obvious way: tries the ends of the range of every score of both. */
    private static boolean someScoreFlips(ProfileRecord profile) {
        for (int row : new int[] {0, profile.runnerUp()}) {
            for (int scorer = 0; scorer < profile.scorers().size(); scorer++) {
                for (double to : new double[] {0, 1}) {
                    Optional<Flip> change = Optional.of(new Flip(row, scorer, 0, to));
                    if (total(profile, profile.runnerUp(), change) > total(profile, 0, change) + 1e-9) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    private static double total(ProfileRecord profile, int row, Optional<Flip> change) {
        double total = 0;
        for (int j = 0; j < profile.scorers().size(); j++) {
            double score = profile.score(row, j);
            if (change.isPresent() && change.get().row() == row && change.get().scorer() == j) {
                score = change.get().to();
            }
            total += Double.isNaN(score) ? Math.min(0, profile.weight(j)) : profile.weight(j) * score;
        }
        return total;
    }

    private void decide(Scheduler scheduler, List<EndpointState> candidates) {
        scheduler.decide(InferenceRequests.completion(Prompt.NONE), candidates);
    }

    private Scheduler scheduler(double queueWeight, double cacheWeight) {
        return scheduler(queueWeight, cacheWeight, log);
    }

    private static Scheduler scheduler(double queueWeight, double cacheWeight, DecisionLog into) {
        return scheduler(
                new SchedulingPolicy(
                        List.of(Plugin.ofType("queue-scorer"), Plugin.ofType("kv-cache-utilization-scorer")),
                        List.of(new Profile(
                                "p",
                                List.of(
                                        new PluginRef("queue-scorer", queueWeight),
                                        new PluginRef("kv-cache-utilization-scorer", cacheWeight))))),
                into);
    }

    private Scheduler scheduler(SchedulingPolicy policy) {
        return scheduler(policy, log);
    }

    private static Scheduler scheduler(SchedulingPolicy policy, DecisionLog into) {
        Random random = new Random(1);
        SchedulingObserver observer = new SchedulingObserver() {
            @Override
            public void traced(DecisionTrace trace) {
                into.add(trace);
            }
        };
        EndpointPool pool = new EndpointPool("pool", Set.of("m"), Duration.ofSeconds(1));
        return Schedulers.assemble(
                7, policy, new PluginServices(pool, observer, Runnable::run, InstantSource.system()), () -> random);
    }
}
