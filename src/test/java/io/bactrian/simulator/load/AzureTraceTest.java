package io.bactrian.simulator.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class AzureTraceTest {
    private static final String HEADER = "TIMESTAMP,ContextTokens,GeneratedTokens\n";

    @Test
    void readsTimesFromTheFirstRequestAndLengths() throws IOException {
        Workload workload = read(HEADER + "2023-11-16 18:17:03.9799600,4808,10\n2023-11-16 18:17:04.0319600,3180,8\n");

        assertThat(workload.requests())
                .extracting(WorkloadRequest::sendAt, WorkloadRequest::promptTokens, WorkloadRequest::outputTokens)
                .containsExactly(tuple(Duration.ZERO, 4808, 10), tuple(Duration.ofMillis(52), 3180, 8));
    }

    @Test
    void readsTimesWithoutAFraction() throws IOException {
        Workload workload = read(HEADER + "2023-11-16 18:17:03,1,1\n2023-11-16 18:17:05,1,1\n");

        assertThat(workload.span()).isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void noTwoPromptsShareABlock() throws IOException {
        Workload workload = read(HEADER + "2023-11-16 18:17:03,5,1\n2023-11-16 18:17:03,5,1\n");

        List<WorkloadRequest> requests = workload.requests();
        assertThat(requests.get(0).blocks())
                .doesNotContainAnyElementsOf(requests.get(1).blocks());
    }

    @Test
    void namesTheLineThatIsWrong() {
        assertThatThrownBy(() -> read(HEADER + "2023-11-16 18:17:03,5,1\n2023-11-16 18:17:03,0,1\n"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("trace:3: tokens: 0 (expected: >= 1)");
        assertThatThrownBy(() -> read(HEADER + "yesterday,5,1\n")).hasMessageStartingWith("trace:2: ");
        assertThatThrownBy(() -> read(HEADER + "2023-11-16 18:17:03,5\n"))
                .hasMessage("trace:2: 2 fields (expected: 3)");
    }

    @Test
    void refusesAnotherHeader() {
        assertThatThrownBy(() -> read("a,b,c\n")).hasMessageStartingWith("trace:1: a,b,c (expected: TIMESTAMP,");
    }

    private static Workload read(String csv) throws IOException {
        return AzureTrace.read("trace", new BufferedReader(new StringReader(csv)));
    }
}
