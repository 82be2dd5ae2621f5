package io.bactrian.scheduling.producer;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.fixture.Candidates;
import io.bactrian.fixture.InferenceRequests;
import io.bactrian.fixture.Plugins;
import io.bactrian.kvcache.PrefixMatch;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.Prompt;
import io.bactrian.scheduling.DataProducer;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.ProfileResult;
import io.bactrian.scheduling.RequestListener;
import io.bactrian.scheduling.ScoredCandidates;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Section 7.6 of llm-d's scheduling. The id of the request is r1, whose hash is 0x0c53fdac: 0.048 of the weights. */
class CacheSourceProducerTest {
    private static final int BLOCK = 64;

    private final InferenceRequest request = InferenceRequests.completion(Prompt.NONE);

    private static EndpointState holding(String name, int blocks, double waiting) {
        EndpointState state = Candidates.reporting(name, waiting, 0);
        state.put(PrefixMatch.keyOrDefault(""), new PrefixMatch(blocks, 100, BLOCK));
        return state;
    }

    private static DataProducer producer(Map<String, Object> parameters) {
        return Plugins.create(DataProducers.CATALOG, "p2p-source-producer", parameters);
    }

    private @Nullable String source(Map<String, Object> parameters, Decision.Picked decision, EndpointState... all) {
        RequestListener listener = producer(parameters).produce(request, List.of(all));
        listener.picked(decision);
        Endpoint source = request.attributes().get(Decision.CACHE_SOURCE);
        return source == null ? null : source.name();
    }

    private static Decision.Picked decodedAt(EndpointState endpoint) {
        return new Decision.Picked("decode", Map.of("decode", at(endpoint)));
    }

    private static Decision.Picked split(EndpointState prefill, EndpointState decode) {
        return new Decision.Picked("decode", Map.of("decode", at(decode), "prefill", at(prefill)));
    }

    private static ProfileResult.Picked at(EndpointState endpoint) {
        return new ProfileResult.Picked(List.of(endpoint), new ScoredCandidates(List.of(endpoint), new double[1]));
    }

    @Test
    void theHashIsThatOfTheExample() {
        assertThat(CacheSourceProducer.fnv1a("req-1")).isEqualTo(0xdb160f11);
        assertThat(CacheSourceProducer.fnv1a("r1")).isEqualTo(0x0c53fdac);
    }

    @Test
    void whoHoldsMostIsLoadedFromByWhoComputes() {
        EndpointState a = holding("a", 10, 0);
        EndpointState b = holding("b", 2, 0);

        assertThat(source(Map.of(), decodedAt(b), a, b)).isEqualTo("a");
        assertThat(source(Map.of(), decodedAt(a), a, b)).isNull();
        assertThat(source(Map.of(), split(b, a), a, b)).isEqualTo("a");
        assertThat(source(Map.of(), split(a, b), a, b)).isNull();
    }

    @Test
    void theAdvantageMustBeAsLargeAsWanted() {
        EndpointState a = holding("a", 10, 0);
        EndpointState b = holding("b", 2, 0);
        Map<String, Object> exact = Map.of("minCachedTokenDelta", 8 * BLOCK);

        assertThat(source(exact, decodedAt(b), a, b)).isEqualTo("a");
        assertThat(source(Map.of("minCachedTokenDelta", 8 * BLOCK + 1), decodedAt(b), a, b))
                .isNull();
    }

    @Test
    void whoHoldsABlockLessWillDoAndWaitingCountsAgainstThem() {
        EndpointState computing = holding("c", 0, 0);
        EndpointState most = holding("a", 10, 99); // weight 0.01
        EndpointState nearly = holding("b", 9, 0); // weight 1
        EndpointState less = holding("d", 8, 0);

        // 0.048 of 1.01 is beyond the first weight.
        assertThat(source(Map.of(), decodedAt(computing), most, nearly, less, computing))
                .isEqualTo("b");
        assertThat(source(Map.of(), decodedAt(computing), most, less, computing))
                .isEqualTo("a");
    }

    @Test
    void nobodyIsNamedWhereNobodyHoldsAny() {
        EndpointState a = holding("a", 0, 0);
        EndpointState silent = Candidates.silent("s");

        assertThat(source(Map.of(), decodedAt(silent), a, silent)).isNull();
    }

    @Test
    void anotherChoiceForgetsWhomTheFirstNamed() {
        EndpointState a = holding("a", 10, 0);
        EndpointState b = holding("b", 2, 0);
        RequestListener listener = producer(Map.of()).produce(request, List.of(a, b));

        listener.picked(decodedAt(b));
        listener.picked(decodedAt(a));

        assertThat(request.attributes().get(Decision.CACHE_SOURCE)).isNull();
    }

    /** Whoever is chosen is worth it, whatever the others hold. */
    @Property(tries = 200)
    void theSourceHoldsAlmostTheMost(
            @ForAll List<@IntRange(max = 50) Integer> blocks, @ForAll @IntRange(max = 9) int of) {
        EndpointState[] all = new EndpointState[blocks.size() + 1];
        int most = 0;
        for (int i = 0; i < blocks.size(); i++) {
            all[i] = holding("e" + i, blocks.get(i), i % 3);
            most = Math.max(most, blocks.get(i));
        }
        all[blocks.size()] = holding("last", 3, 0);
        most = Math.max(most, 3);
        EndpointState computing = all[of % all.length];

        String name = source(Map.of(), decodedAt(computing), all);

        PrefixMatch own = Objects.requireNonNull(computing.get(PrefixMatch.keyOrDefault("")));
        if (name == null) {
            assertThat(own.matchBlocks()).isGreaterThanOrEqualTo(most - 1);
        } else {
            PrefixMatch held = Arrays.stream(all)
                    .filter(one -> one.endpoint().name().equals(name))
                    .findFirst()
                    .orElseThrow()
                    .get(PrefixMatch.keyOrDefault(""));
            assertThat(Objects.requireNonNull(held).matchBlocks())
                    .isGreaterThanOrEqualTo(most - 1)
                    .isGreaterThan(own.matchBlocks());
        }
    }
}
