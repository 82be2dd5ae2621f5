package io.bactrian.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ReplayTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final CommandLine command =
            new CommandLine(new Replay()).setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));

    @Test
    void replaysEachLoadAsOftenAsToldTo(@TempDir Path folder) throws Exception {
        Path json = folder.resolve("runs.json");

        int code = command.execute(
                "--pool", "2", "--rate", "5", "--duration", "4s", "--loads", "1,2", "--runs", "3", "--json", "" + json);

        assertThat(code).isZero();
        assertThat(out.toString().lines()).hasSize(3);
        JsonNode runs = new ObjectMapper().readTree(Files.readString(json));
        assertThat(runs).hasSize(6);
        // The same requests, twice as fast.
        assertThat(runs.get(3).path("requests")).isEqualTo(runs.get(0).path("requests"));
        assertThat(runs.get(3).path("requestsPerSecond").doubleValue())
                .isEqualTo(2 * runs.get(0).path("requestsPerSecond").doubleValue(), offset());
        assertThat(runs.get(0).path("goodShare").doubleValue()).isEqualTo(1);
    }

    @Test
    void givesEachRunAWindowOfATrace(@TempDir Path folder) throws Exception {
        Path trace = Files.writeString(folder.resolve("trace.csv"), """
                TIMESTAMP,ContextTokens,GeneratedTokens
                2023-11-16 18:00:00.0,100,2
                2023-11-16 18:00:05.0,100,2
                2023-11-16 18:00:10.0,100,2
                2023-11-16 18:00:11.0,100,2
                2023-11-16 18:00:12.0,100,2
                """);
        Path json = folder.resolve("runs.json");

        assertThat(command.execute("--azure", "" + trace, "--duration", "10s", "--runs", "2", "--json", "" + json))
                .isZero();
        JsonNode runs = new ObjectMapper().readTree(Files.readString(json));
        assertThat(runs.get(0).path("requests").intValue()).isEqualTo(2);
        assertThat(runs.get(1).path("requests").intValue()).isEqualTo(3);

        assertThat(command.execute("--azure", "" + trace, "--duration", "10s", "--runs", "3"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("--duration: the trace ends after PT12S");
    }

    @Test
    void saysWhatIsWrong(@TempDir Path folder) throws Exception {
        Path policy = Files.writeString(
                folder.resolve("policy.yaml"),
                "{apiVersion: llm-d.ai/v1alpha1, kind: EndpointPickerConfig, plugins: [{type: no-such-scorer}]}");

        assertThat(command.execute("--pool", "3X")).isEqualTo(2);
        assertThat(command.execute("--policy", "" + policy)).isEqualTo(2);

        assertThat(err.toString()).contains("pool: 3X (expected: such as 4, 1P+3D or 2PD+2D)", "no-such-scorer");
    }

    private static Offset<Double> offset() {
        return Offset.offset(1e-3);
    }
}
