package io.bactrian.simulator.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bactrian.simulator.load.fixture.NaivePrefixCaches;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class PrefixOracleTest {

    @Example
    void countsLeadingBlocksSeenBefore() {
        // Blocks of 4 tokens. The second prompt shares 8 of its 12, the third shares the same 8 of its 8, but the last
        // token of a prompt is always computed, so only its first block counts.
        Workload workload = workload(
                prompt(1, 1, 1, 1, 1, 1, 1, 1),
                prompt(1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2),
                prompt(1, 1, 1, 1, 1, 1, 1, 1));

        PrefixOracle.Hits hits = PrefixOracle.hits(workload, new PrefixOracle.Pool(1, 100, 4));

        assertThat(hits).isEqualTo(new PrefixOracle.Hits(28, 12, 12, 12, 12));
    }

    @Example
    void roundRobinWarmsEveryEndpointAnew() {
        int[] prompt = prompt(1, 2, 3);
        Workload workload = workload(prompt, prompt, prompt, prompt);

        PrefixOracle.Hits hits = PrefixOracle.hits(workload, new PrefixOracle.Pool(2, 100, 1));

        assertThat(hits.sharedLru()).isEqualTo(3 * 2);
        assertThat(hits.roundRobin()).isEqualTo(2 * 2);
    }

    @Example
    void knowingTheFutureBeatsLeastRecentlyUsedOnACycle() {
        // Three prompts in turn, of which two fit: the least recently used one is always the next.
        Workload workload =
                workload(prompt(1, 9), prompt(2, 9), prompt(3, 9), prompt(1, 9), prompt(2, 9), prompt(3, 9));

        PrefixOracle.Hits hits = PrefixOracle.hits(workload, new PrefixOracle.Pool(2, 1, 1));

        assertThat(hits.unbounded()).isEqualTo(3);
        assertThat(hits.sharedLru()).isZero();
        assertThat(hits.optimal()).isEqualTo(2);
    }

    @Property(tries = 300)
    void agreesWithANaiveTwin(
            @ForAll @Size(max = 7) List<@Size(min = 1, max = 3) List<@IntRange(min = 1, max = 2) Integer>> prompts,
            @ForAll @IntRange(min = 1, max = 3) int endpoints,
            @ForAll @IntRange(min = 1, max = 2) int blocks) {
        Workload workload = workload(prompts);
        NaivePrefixCaches twin = new NaivePrefixCaches(prompts);

        PrefixOracle.Hits hits = PrefixOracle.hits(workload, new PrefixOracle.Pool(endpoints, blocks, 1));

        assertThat(hits.roundRobin()).isEqualTo(twin.leastRecentlyUsed(endpoints, blocks));
        assertThat(hits.sharedLru()).isEqualTo(twin.leastRecentlyUsed(1, endpoints * blocks));
        assertThat(hits.unbounded()).isEqualTo(twin.leastRecentlyUsed(1, 1000));
        assertThat(hits.optimal()).isEqualTo(twin.best(endpoints * blocks));
        assertThat(hits.optimal()).isBetween(Math.max(hits.sharedLru(), hits.roundRobin()), hits.unbounded());
    }

    @Property(tries = 200)
    void blocksAreSharedExactlyWhereTheTextIs(
            @ForAll @Size(min = 2, max = 2) List<@Size(min = 1, max = 5) List<@IntRange(min = 1, max = 2) Integer>> ids,
            @ForAll @IntRange(min = 1, max = 7) int tokens,
            @ForAll @IntRange(min = 1, max = 5) int blockSize) {
        List<WorkloadRequest> requests = new ArrayList<>();
        for (List<Integer> prompt : ids) {
            List<PromptBlock> blocks =
                    prompt.stream().map(id -> new PromptBlock(id, tokens)).toList();
            requests.add(new WorkloadRequest(Duration.ZERO, blocks, 1));
        }

        PromptBlocks numbering = new PromptBlocks(blockSize);
        int[] one = numbering.blocks(requests.get(0));
        int[] other = numbering.blocks(requests.get(1));

        int sharedTokens = 0;
        while (sharedTokens < Math.min(ids.get(0).size(), ids.get(1).size())
                && ids.get(0).get(sharedTokens).equals(ids.get(1).get(sharedTokens))) {
            sharedTokens++;
        }
        int mismatch = Arrays.mismatch(one, other);
        int sharedBlocks = mismatch < 0 ? one.length : mismatch;
        assertThat(one).hasSize(ids.get(0).size() * tokens / blockSize);
        assertThat(sharedBlocks).isEqualTo(sharedTokens * tokens / blockSize);
    }

    @Example
    void refusesAPoolWithoutRoom() {
        assertThatThrownBy(() -> new PrefixOracle.Pool(1, 0, 16)).hasMessageContaining("(expected: all >= 1)");
    }

    private static int[] prompt(int... ids) {
        return ids;
    }

    private static Workload workload(int[]... prompts) {
        return workload(Arrays.stream(prompts)
                .map(prompt -> Arrays.stream(prompt).boxed().toList())
                .toList());
    }

    private static Workload workload(List<List<Integer>> prompts) {
        List<WorkloadRequest> requests = prompts.stream()
                .map(prompt -> new WorkloadRequest(
                        Duration.ZERO,
                        prompt.stream().map(id -> new PromptBlock(id, 1)).toList(),
                        1))
                .toList();
        return new Workload("prompts", requests);
    }
}
