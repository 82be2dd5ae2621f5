package io.bactrian.component.extproc;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.component.nettyhttp.MemoryBudget;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.exchange.InferenceExchange;
import io.bactrian.fixture.Candidates;
import io.bactrian.fixture.InferenceRequests;
import io.bactrian.relay.RelayObserver;
import io.bactrian.request.Finish;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.EndpointChoice;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.RequestListener;
import io.bactrian.scheduling.Scheduler;
import io.bactrian.scheduling.SchedulingObserver;
import io.bactrian.scheduling.SchedulingPolicy;
import io.bactrian.scheduling.profile.Schedulers;
import io.envoyproxy.envoy.config.core.v3.HeaderMap;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What it costs not to see answers: requests come by chance to four model servers that compute eight at a time, which are busy for
 * nine tenths of the time, and report every 50 ms. Nothing waits for a clock: a millisecond is a step.
 */
class UnreadPlacementTest {
    private static final int SERVERS = 4;
    private static final int SLOTS = 8;
    private static final double BUSY = 0.9;
    private static final int SERVICE_MILLIS = 1000; // on average
    private static final int MILLIS = 60_000;
    private static final int REPORT_MILLIS = 50;
    private static final DefaultCamelContext CAMEL = new DefaultCamelContext();

    /** The second counts what is in flight, too, of which nothing is known any more once two reports have come. */
    @ParameterizedTest
    @ValueSource(strings = {"queue-scorer kv-cache-utilization-scorer", "queue-scorer active-request-scorer"})
    void placesAtMostATwentiethWorseThanWithAnswers(String scorers) {
        SchedulingPolicy policy = policy(scorers.split(" ", -1));
        double read = 0;
        double unread = 0;
        for (int seed = 1; seed <= 5; seed++) {
            read += new Pool(policy, true, seed).millisOfARequest();
            unread += new Pool(policy, false, seed).millisOfARequest();
        }

        assertThat(unread).isLessThan(1.05 * read);
        assertThat(read / 5).as("a request that waits for nobody").isGreaterThan(SERVICE_MILLIS);
    }

    private static SchedulingPolicy policy(String... scorers) {
        return new SchedulingPolicy(
                Stream.of(scorers).map(SchedulingPolicy.Plugin::ofType).toList(),
                List.of(new SchedulingPolicy.Profile(
                        "default",
                        Stream.of(scorers)
                                .map(scorer -> new SchedulingPolicy.PluginRef(scorer, 1))
                                .toList())));
    }

    /** A request where it is computed. */
    private record Job(Finish finish, int cameAt, int millis, int endsAt) {
        Job begin(int now) {
            return new Job(finish, cameAt, millis, now + millis);
        }
    }

    private static final class Server {
        private final Queue<Job> waiting = new ArrayDeque<>();
        private final PriorityQueue<Job> running =
                new PriorityQueue<>((one, other) -> Integer.compare(one.endsAt(), other.endsAt()));
    }

    /** One run, the same requests whether their answers are read or not. */
    private static final class Pool {
        private final boolean answersAreRead;
        private final Random arrivals;
        private final EndpointPool pool = new EndpointPool("pool", Set.of("m"), Duration.ofDays(36_500));
        private final Map<String, Server> servers = new HashMap<>();
        private final UnreadRequests unread = new UnreadRequests(Duration.ofHours(1));
        private final List<Integer> took = new ArrayList<>();
        private final Scheduler scheduler;

        Pool(SchedulingPolicy policy, boolean answersAreRead, long seed) {
            this.answersAreRead = answersAreRead;
            this.arrivals = new Random(seed);
            Random ties = new Random(seed);
            this.scheduler = Schedulers.assemble(
                    1,
                    policy,
                    new PluginServices(pool, SchedulingObserver.NONE, Runnable::run, InstantSource.system()),
                    () -> ties);
            pool.replaceEndpoints(IntStream.range(0, SERVERS)
                    .mapToObj(i -> Candidates.endpoint("e" + i))
                    .toList());
            pool.snapshot()
                    .members()
                    .forEach(member -> servers.put(member.endpoint().id(), new Server()));
        }

        double millisOfARequest() {
            for (int now = 0; now < MILLIS; now++) {
                if (now % REPORT_MILLIS == 0) {
                    report();
                }
                if (arrivals.nextDouble() < BUSY * SERVERS * SLOTS / SERVICE_MILLIS) {
                    place(now);
                }
                for (Server server : servers.values()) {
                    compute(server, now);
                }
            }
            for (int i = 0; i < 2; i++) {
                report(); // of servers that have nothing to do with requests whose answers nobody sees
            }
            if (!answersAreRead) {
                assertThat(pool.snapshot().members())
                        .allSatisfy(
                                member -> assertThat(member.load().requests()).isZero());
            }
            return took.stream().mapToInt(Integer::intValue).average().orElseThrow();
        }

        private void report() {
            pool.snapshot().members().forEach(member -> {
                Server server = server(member.endpoint().id());
                pool.beginReport(member)
                        .done(Candidates.report(server.waiting.size(), server.running.size() / (double) SLOTS));
            });
            unread.sweep();
        }

        private Server server(String id) {
            return Objects.requireNonNull(servers.get(id));
        }

        private void place(int now) {
            Finish finish = new Finish();
            InferenceRequest request = InferenceRequests.with(Map.of());
            List<EndpointState> candidates = pool.candidates(Candidates.NOW);
            scheduler.enrich(request, candidates, Runnable::run, listener -> {});
            EndpointChoice choice = new EndpointChoice(scheduler, request, candidates, RequestListener.NONE, finish);
            Decision.Picked picked = (Decision.Picked) choice.decide();
            int millis = SERVICE_MILLIS / 2 + arrivals.nextInt(SERVICE_MILLIS);
            server(picked.endpoint().endpoint().id()).waiting.add(new Job(finish, now, millis, 0));
            if (!answersAreRead) {
                unread.add(served(finish, request, candidates, choice, picked));
            }
        }

        private static ServedRequest served(
                Finish finish,
                InferenceRequest request,
                List<EndpointState> candidates,
                EndpointChoice choice,
                Decision.Picked picked) {
            InferenceExchange inference = InferenceExchange.begin(
                    new DefaultExchange(CAMEL),
                    finish,
                    new ProxyHead(HeaderMap.getDefaultInstance()),
                    new GatheredBody(new MemoryBudget(0)),
                    Runnable::run);
            inference.setTarget("r", "/");
            inference.setRequest(request, List.of());
            inference.setCandidates(candidates);
            inference.setChoice(choice, picked);
            ServedRequest served =
                    new ServedRequest(inference, picked.endpoint().breaker().acquireAnyway(), RelayObserver.NONE);
            served.begin();
            return served;
        }

        private void compute(Server server, int now) {
            while (!server.running.isEmpty() && server.running.element().endsAt() <= now) {
                Job done = server.running.remove();
                took.add(now - done.cameAt());
                if (answersAreRead) {
                    done.finish().end();
                }
            }
            while (server.running.size() < SLOTS && !server.waiting.isEmpty()) {
                server.running.add(server.waiting.remove().begin(now));
            }
        }
    }
}
