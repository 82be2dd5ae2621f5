package io.bactrian.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.endpoint.EndpointPool;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.fixture.Candidates;
import io.bactrian.fixture.InferenceRequests;
import io.bactrian.fixture.Prompts;
import io.bactrian.request.Finish;
import io.bactrian.request.Finish.Outcome;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.SchedulingPolicy.Plugin;
import io.bactrian.scheduling.SchedulingPolicy.PluginRef;
import io.bactrian.scheduling.SchedulingPolicy.Profile;
import io.bactrian.scheduling.profile.Schedulers;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** Equal endpoints share a burst, and what a burst reserves is given back. */
class HerdingTest {
    private static final int REQUESTS = 1000;
    private static final int ENDPOINTS = 10;

    /** Six standard deviations of a fair multinomial with 100 expected: no seed of a fair scheduler gets there. */
    private static final int BOUND = (int) (6 * Math.sqrt(REQUESTS * 0.1 * 0.9));

    private final EndpointPool pool = new EndpointPool("pool", Set.of("m"), Duration.ofDays(36_500));

    @Test
    void aBurstOfEqualRequestsOnFrozenMetricsSpreads() throws Exception {
        List<EndpointState> chosen = burst(new SchedulingPolicy(
                List.of(Plugin.ofType("queue-scorer"), Plugin.ofType("kv-cache-utilization-scorer")),
                List.of(new Profile(
                        "p",
                        List.of(new PluginRef("queue-scorer", 2), new PluginRef("kv-cache-utilization-scorer", 2))))));

        assertSpread(chosen);
    }

    @Test
    void soItDoesWhereNothingButChanceDecides() throws Exception {
        assertSpread(burst(new SchedulingPolicy(
                List.of(Plugin.ofType("kv-cache-utilization-scorer")),
                List.of(new Profile("p", List.of(new PluginRef("kv-cache-utilization-scorer", 1)))))));
    }

    private void assertSpread(List<EndpointState> chosen) {
        assertThat(pool.snapshot().members()).allSatisfy(member -> assertThat(chosen.stream()
                        .filter(endpoint -> endpoint.endpoint().equals(member.endpoint()))
                        .count())
                .isBetween((long) REQUESTS / ENDPOINTS - BOUND, (long) REQUESTS / ENDPOINTS + BOUND));
    }

    private List<EndpointState> burst(SchedulingPolicy policy) throws Exception {
        pool.replaceEndpoints(IntStream.range(0, ENDPOINTS)
                .mapToObj(i -> Candidates.endpoint("e" + i))
                .toList());
        pool.snapshot().members().forEach(member -> pool.beginReport(member).done(Candidates.report(0, 0.1)));
        Scheduler scheduler = scheduler(policy);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Callable<EndpointState>> work = new ArrayList<>();
            for (int i = 0; i < REQUESTS; i++) {
                work.add(() -> decide(scheduler, new Finish()));
            }
            List<EndpointState> chosen = new ArrayList<>();
            for (Future<EndpointState> decision : threads.invokeAll(work)) {
                chosen.add(decision.get());
            }
            return chosen;
        } finally {
            threads.shutdownNow();
        }
    }

    /** Whatever order requests are decided, retried, answered and ended in, in the end nothing is in flight. */
    @Property(tries = 200)
    void reservationsAreReleasedExactlyOnce(@ForAll @Size(min = 1, max = 60) List<Integer> steps) {
        pool.replaceEndpoints(List.of(Candidates.endpoint("a"), Candidates.endpoint("b"), Candidates.endpoint("c")));
        Scheduler scheduler = scheduler(SchedulingPolicy.DEFAULT);
        List<Finish> finishes = new ArrayList<>();
        List<EndpointChoice> choices = new ArrayList<>();
        List<EndpointState> picked = new ArrayList<>();
        for (int step : steps) {
            int which = choices.isEmpty() ? 0 : Math.floorMod(step / 5, choices.size());
            switch (choices.isEmpty() ? 0 : Math.floorMod(step, 5)) {
                case 0 -> {
                    Finish finish = new Finish();
                    EndpointChoice choice = choice(scheduler, finish);
                    picked.add(((Decision.Picked) choice.decide()).endpoint());
                    finishes.add(finish);
                    choices.add(choice);
                }
                case 1 -> choices.get(which).decideWithout(picked.get(which));
                case 2 -> choices.get(which).answerBegins((name, value) -> {}, true);
                case 3 -> finishes.get(which).end(Outcome.CLIENT_LEFT);
                default -> finishes.get(which).end(Outcome.COMPLETED);
            }
            assertThat(pool.snapshot().members())
                    .allSatisfy(member -> assertThat(member.load().requests()).isNotNegative());
        }
        finishes.forEach(finish -> finish.end(Outcome.COMPLETED));

        assertThat(pool.snapshot().members()).allSatisfy(member -> {
            assertThat(member.load().requests()).isZero();
            assertThat(member.load().promptTokens()).isZero();
        });
    }

    private EndpointState decide(Scheduler scheduler, Finish finish) {
        return ((Decision.Picked) choice(scheduler, finish).decide()).endpoint();
    }

    private EndpointChoice choice(Scheduler scheduler, Finish finish) {
        InferenceRequest request = InferenceRequests.completion(Prompts.ofTokens(100));
        return new EndpointChoice(scheduler, request, pool.candidates(Candidates.NOW), RequestListener.NONE, finish);
    }

    private Scheduler scheduler(SchedulingPolicy policy) {
        return Schedulers.assemble(
                1,
                policy,
                new PluginServices(pool, SchedulingObserver.NONE, Runnable::run, InstantSource.system()),
                ThreadLocalRandom::current);
    }
}
