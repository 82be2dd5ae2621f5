package io.bactrian.simulator.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class ReplayTest {
    private static final Duration FOREVER = Replay.UNLIMITED;
    private static final int ALL = Integer.MAX_VALUE;
    private static final Workload THREE =
            new Workload("three", List.of(request(0, 1, 2), request(1000, 1, 3), request(3000, 4)));

    @Example
    void unchangedChangesNothing() {
        assertThat(Replay.UNCHANGED.apply(THREE)).isEqualTo(THREE);
    }

    @Example
    void speedDividesTimes() {
        Workload fast = new Replay(2, ALL, FOREVER, ALL, 1, 1, 0).apply(THREE);

        assertThat(fast.requests())
                .extracting(WorkloadRequest::sendAt)
                .containsExactly(Duration.ZERO, Duration.ofMillis(500), Duration.ofMillis(1500));
    }

    @Example
    void limitAndDurationCutTheEnd() {
        assertThat(new Replay(1, 2, FOREVER, ALL, 1, 1, 0).apply(THREE).requests())
                .hasSize(2);
        assertThat(new Replay(1, ALL, Duration.ofSeconds(3), ALL, 1, 1, 0)
                        .apply(THREE)
                        .requests())
                .hasSize(2);
        assertThat(new Replay(2, ALL, Duration.ofSeconds(3), ALL, 1, 1, 0)
                        .apply(THREE)
                        .requests())
                .hasSize(3);
    }

    @Example
    void scalesInputsByBlockAndOutputs() {
        Workload small = new Replay(1, ALL, FOREVER, ALL, 0.1, 0.5, 0).apply(THREE);

        WorkloadRequest first = small.requests().get(0);
        assertThat(first.blocks()).containsExactly(new PromptBlock(1, 51), new PromptBlock(2, 51));
        assertThat(first.outputTokens()).isEqualTo(50);
    }

    @Example
    void capsOutputs() {
        assertThat(new Replay(1, ALL, FOREVER, 7, 1, 1, 0).apply(THREE).requests())
                .extracting(WorkloadRequest::outputTokens)
                .containsOnly(7);
    }

    @Property
    void scalingKeepsWhichLeadingBlocksAreShared(
            @ForAll @DoubleRange(min = 0.01, max = 3) double scale,
            @ForAll @Size(min = 1, max = 6) List<@IntRange(max = 2) Integer> one,
            @ForAll @Size(min = 1, max = 6) List<@IntRange(max = 2) Integer> other) {
        Workload workload = new Workload("two", List.of(request(0, ids(one)), request(0, ids(other))));

        Workload scaled = new Replay(1, ALL, FOREVER, ALL, scale, 1, 99).apply(workload);

        assertThat(sharedBlocks(scaled)).isEqualTo(sharedBlocks(workload));
    }

    @Example
    void anotherTextSeedSharesNoBlockWithTheFirst() {
        Workload other = new Replay(1, ALL, FOREVER, ALL, 1, 1, 7).apply(THREE);

        List<Long> ids = other.requests().stream()
                .flatMap(request -> request.blocks().stream().map(PromptBlock::id))
                .toList();
        assertThat(ids).doesNotContain(1L, 2L, 3L, 4L);
        assertThat(ids.get(0)).isEqualTo(ids.get(2)).isNotEqualTo(ids.get(1));
    }

    @Example
    void refusesFactorsThatAreNotPositive() {
        assertThatThrownBy(() -> new Replay(0, 1, FOREVER, 1, 1, 1, 0)).hasMessage("speed: 0.0 (expected: > 0)");
        assertThatThrownBy(() -> new Replay(1, 1, FOREVER, 1, Double.NaN, 1, 0))
                .hasMessage("inputScale: NaN (expected: > 0)");
    }

    private static WorkloadRequest request(long millis, long... ids) {
        List<PromptBlock> blocks =
                Arrays.stream(ids).mapToObj(id -> new PromptBlock(id, 512)).toList();
        return new WorkloadRequest(Duration.ofMillis(millis), blocks, 100);
    }

    private static long[] ids(List<Integer> ids) {
        return ids.stream().mapToLong(Integer::longValue).toArray();
    }

    private static int sharedBlocks(Workload two) {
        List<PromptBlock> one = two.requests().get(0).blocks();
        List<PromptBlock> other = two.requests().get(1).blocks();
        int shared = 0;
        while (shared < Math.min(one.size(), other.size()) && one.get(shared).equals(other.get(shared))) {
            shared++;
        }
        return shared;
    }
}
