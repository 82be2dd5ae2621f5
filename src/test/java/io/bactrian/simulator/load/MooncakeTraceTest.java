package io.bactrian.simulator.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class MooncakeTraceTest {

    @Test
    void readsBlocksOfWhichTheLastMayBeShorter() throws IOException {
        Workload workload = read(
                "{\"timestamp\": 27482, \"input_length\": 1030, \"output_length\": 52, \"hash_ids\": [46, 47, 2353]}\n");

        assertThat(workload.requests())
                .containsExactly(new WorkloadRequest(
                        Duration.ofMillis(27482),
                        List.of(new PromptBlock(46, 512), new PromptBlock(47, 512), new PromptBlock(2353, 6)),
                        52));
    }

    @Test
    void asksForATokenWhereTheTraceGeneratedNone() throws IOException {
        Workload workload = read("{\"timestamp\":0,\"input_length\":3,\"output_length\":0,\"hash_ids\":[1]}");

        assertThat(workload.requests().get(0).outputTokens()).isOne();
    }

    @Test
    void namesTheLineThatIsWrong() {
        String good = "{\"timestamp\":0,\"input_length\":3,\"output_length\":1,\"hash_ids\":[1]}\n";

        assertThatThrownBy(() ->
                        read(good + "{\"timestamp\":0,\"input_length\":513,\"output_length\":1,\"hash_ids\":[1]}"))
                .hasMessage("trace:2: hash_ids: 1 for input_length 513 (expected: one per 512 tokens)");
        assertThatThrownBy(() ->
                        read(good + "{\"timestamp\":0,\"input_length\":512,\"output_length\":1,\"hash_ids\":[1,2]}"))
                .hasMessageStartingWith("trace:2: hash_ids: 2 ");
        assertThatThrownBy(() -> read(good + "{\"timestamp\":\"0\"}"))
                .hasMessage("trace:2: timestamp: \"0\" (expected: a number)");
        assertThatThrownBy(() -> read(good + "{")).hasMessageStartingWith("trace:2: ");
    }

    private static Workload read(String jsonLines) throws IOException {
        return MooncakeTrace.read("trace", new BufferedReader(new StringReader(jsonLines)), 512);
    }
}
