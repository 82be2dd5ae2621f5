package io.bactrian.scheduling;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.endpoint.EndpointMetrics;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.engine.EngineMappings;
import io.bactrian.engine.MetricPageParser;
import io.bactrian.fixture.Candidates;
import io.bactrian.fixture.InferenceRequests;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.Prompt;
import io.bactrian.scheduling.profile.Schedulers;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;

/**
 * A page that is missing, old, cut or full of nonsense never makes an endpoint look better than an equal one with a good page.
 */
class StaleReportsPropertyTest {
    private static final Duration STALE_AFTER = Duration.ofSeconds(2);
    private static final InferenceRequest REQUEST = InferenceRequests.completion(Prompt.NONE);

    /** What the faulty endpoint shows in place of the good page. */
    @Provide
    Arbitrary<String> faultyPages() {
        Arbitrary<String> value = Arbitraries.of(
                "NaN", "-1", "-0.5", "+Inf", "-Inf", "1e300", "99999999999", "", "x", "0x10", "1e", "--1", "0 0 0");
        Arbitrary<String> name =
                Arbitraries.of("vllm:num_requests_waiting", "vllm:num_requests_running", "vllm:kv_cache_usage_perc");
        Arbitrary<String> line = Combinators.combine(name, Arbitraries.of("", "{model_name=\"m\"}", "{"), value)
                .as((metric, labels, number) -> metric + labels + " " + number);
        return Arbitraries.oneOf(
                line.list().ofMaxSize(6).map(lines -> String.join("\n", lines)),
                Arbitraries.strings().ofMaxLength(200));
    }

    @Property(tries = 2000)
    void nonsenseNeverLooksBetterThanTheTruth(
            @ForAll("faultyPages") String faulty,
            @ForAll @IntRange(max = 50) int waiting,
            @ForAll @DoubleRange(max = 1) double usage,
            @ForAll long seed) {
        EndpointState honest = seen("honest", read(page(waiting, usage), EndpointMetrics.NONE, Candidates.NOW));
        // It reported the same until the fault began, longer ago than a report is good for.
        EndpointMetrics before = read(
                page(waiting, usage),
                EndpointMetrics.NONE,
                Candidates.NOW.minus(STALE_AFTER).minusMillis(1));
        EndpointState other = seen("faulty", read(faulty, before, Candidates.NOW));

        assertThat(pick(honest, other, seed)).isSameAs(honest);
    }

    @Property(tries = 500)
    void aPageThatFroze(
            @ForAll @IntRange(max = 50) int waiting, @ForAll @DoubleRange(max = 1) double usage, @ForAll long seed) {
        EndpointState honest = seen("honest", read(page(waiting, usage), EndpointMetrics.NONE, Candidates.NOW));
        Instant frozen = Candidates.NOW.minus(STALE_AFTER).minusNanos(1);
        EndpointState other = seen("frozen", read(page(0, 0), EndpointMetrics.NONE, frozen));

        assertThat(pick(honest, other, seed)).isSameAs(honest);
    }

    /** Says which of two is picked; where they tie, the honest one, as a tie is not a better look. */
    private static EndpointState pick(EndpointState honest, EndpointState other, long seed) {
        Scheduler scheduler = Schedulers.assemble(
                1,
                SchedulingPolicy.DEFAULT,
                new PluginServices(
                        new EndpointPool("pool", Set.of("m"), STALE_AFTER),
                        SchedulingObserver.NONE,
                        Runnable::run,
                        InstantSource.system()),
                () -> new Random(seed));
        Decision.Picked picked = (Decision.Picked) scheduler.decide(REQUEST, List.of(honest, other));
        ScoredCandidates scored = picked.primary().scored();
        return scored.total(1) > scored.total(0) ? other : honest;
    }

    private static EndpointState seen(String name, EndpointMetrics metrics) {
        return Candidates.withMetrics(name, metrics.fresh(Candidates.NOW, STALE_AFTER));
    }

    private static String page(int waiting, double usage) {
        return "vllm:num_requests_waiting " + waiting + "\nvllm:num_requests_running 1\nvllm:kv_cache_usage_perc "
                + usage + "\n";
    }

    private static EndpointMetrics read(String page, EndpointMetrics previous, Instant at) {
        MetricPageParser parser = new MetricPageParser(EngineMappings.VLLM);
        parser.feed(ByteBuffer.wrap(page.getBytes(UTF_8)));
        return parser.finish(previous, at);
    }
}
