package io.bactrian.benchmarks;

import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.EndpointMetrics;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.endpoint.Signal;
import io.bactrian.kvcache.PrefixMatch;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.Scheduler;
import io.bactrian.scheduling.SchedulingObserver;
import io.bactrian.scheduling.SchedulingPolicy;
import io.bactrian.scheduling.explain.DecisionLog;
import io.bactrian.scheduling.explain.DecisionSettings;
import io.bactrian.scheduling.explain.RecordingObserver;
import io.bactrian.scheduling.profile.Schedulers;
import io.bactrian.telemetry.SchedulingMeters;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What one decision by the default policy costs: breaker filter, queue, KV cache and prefix scorers, the best wins. */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class DecisionBenchmark {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final int PROMPT_BLOCKS = 1563; // 100,000 tokens

    /** Size of the pool. */
    @Param({"10", "100", "1000"})
    public int endpoints;

    /** Who hears of decisions: nobody, the metrics, or the metrics and the log of decisions. */
    @Param({"nobody", "metrics", "record"})
    public String observer = "nobody";

    private final EndpointPool pool = new EndpointPool("pool", Set.of("m"), Duration.ofDays(1));
    private final InferenceRequest request = FixedRequest.REQUEST;
    private Scheduler scheduler = scheduler();
    private List<EndpointState> candidates = List.of();

    @Setup
    public void setUp() {
        SplittableRandom random = new SplittableRandom(4);
        pool.replaceEndpoints(IntStream.range(0, endpoints)
                .mapToObj(i -> new Endpoint("pool", "e" + i, new InetSocketAddress("127.0.0.1", 8000 + i), Map.of()))
                .toList());
        for (EndpointPool.Member member : pool.snapshot().members()) {
            pool.beginReport(member)
                    .done(new EndpointMetrics(
                            Signal.of(random.nextInt(20), NOW),
                            Signal.of(random.nextInt(20), NOW),
                            Signal.of(random.nextDouble(), NOW),
                            OptionalInt.empty(),
                            OptionalInt.empty()));
        }
        scheduler = scheduler();
        candidates = pool.candidates(NOW);
        for (EndpointState candidate : candidates) {
            int match = random.nextInt(4) == 0 ? random.nextInt(PROMPT_BLOCKS) : 0;
            candidate.put(PrefixMatch.keyOrDefault(""), new PrefixMatch(match, PROMPT_BLOCKS, 64));
        }
    }

    private Scheduler scheduler() {
        return Schedulers.assemble(
                1,
                SchedulingPolicy.DEFAULT,
                new PluginServices(pool, observer(), Runnable::run, InstantSource.system()),
                ThreadLocalRandom::current);
    }

    private SchedulingObserver observer() {
        SchedulingObserver meters =
                new SchedulingMeters(new PrometheusMeterRegistry(PrometheusConfig.DEFAULT), Set.of("m"));
        return switch (observer) {
            case "metrics" -> meters;
            case "record" -> new RecordingObserver(meters, new DecisionLog(DecisionSettings.DEFAULTS.capacity()));
            default -> SchedulingObserver.NONE;
        };
    }

    /** Decides; prefix matches are attached already. */
    @Benchmark
    public Decision decide() {
        return scheduler.decide(request, candidates);
    }
}
