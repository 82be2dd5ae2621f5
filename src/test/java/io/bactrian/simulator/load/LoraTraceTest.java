package io.bactrian.simulator.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class LoraTraceTest {
    private static final String HEADER = "gmt_create,groupId,checkpoint_model_version_id,num_lora\n";

    @Test
    void usersShareAPrefixAndModelsAreAskedForByName() throws IOException {
        Workload workload = read(HEADER + """
                2024-11-15 16:57:50,G1,M2,0
                2024-11-15 16:57:51,G3,,0
                2024-11-15 16:57:52,G2,M2,1
                2024-11-15 16:57:52,G1,M7,0
                """);

        assertThat(workload.requests())
                .extracting(WorkloadRequest::sendAt)
                .containsExactly(Duration.ZERO, Duration.ofSeconds(2), Duration.ofSeconds(2));
        assertThat(workload.requests()).extracting(WorkloadRequest::model).containsExactly("M2", "M2", "M7");
        List<PromptBlock> first = workload.requests().get(0).blocks();
        List<PromptBlock> third = workload.requests().get(2).blocks();
        assertThat(first.get(0)).isEqualTo(third.get(0)).isEqualTo(new PromptBlock(0, 10));
        assertThat(first.get(1)).isNotEqualTo(third.get(1));
        assertThat(workload.requests().get(1).blocks().get(0)).isEqualTo(new PromptBlock(1, 10));
    }

    @Test
    void namesTheLineThatIsWrong() {
        assertThatThrownBy(() -> read("a,b\n"))
                .hasMessage("t:1: a,b (expected: columns gmt_create, groupId, checkpoint_model_version_id)");
        assertThatThrownBy(() -> read(HEADER + "2024-11-15 16:57:50,G1,M2\n"))
                .hasMessage("t:2: 3 fields (expected: 4)");
        assertThatThrownBy(() -> read(HEADER + "soon,G1,M2,0\n")).hasMessageStartingWith("t:2: Text 'soon'");
    }

    private static Workload read(String text) throws IOException {
        return new LoraTrace(10, 5, 3).read("t", new BufferedReader(new StringReader(text)));
    }
}
