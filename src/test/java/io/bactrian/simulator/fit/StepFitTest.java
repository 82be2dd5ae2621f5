package io.bactrian.simulator.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.bactrian.simulator.engine.StepLatency;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StepFitTest {
    private static final StepLatency TRUTH = new StepLatency(20e6, 128, 0.1e6, 0.2e6, 150);
    private static final String HEADER = "model,hardware,prompt_size,batch_size,token_size,peak_power,average_power,"
            + "prompt_time,token_time,e2e_time,tensor_parallel\n";

    @TempDir
    private Path folder = Path.of("");

    @Test
    void findsTheStepTimesBehindATableAndMeasuresNoErrorThen() throws IOException {
        StringBuilder table = new StringBuilder(HEADER);
        for (int prompt : new int[] {64, 256, 1024, 2048}) {
            for (int batch : new int[] {1, 2, 8}) {
                for (int output : new int[] {16, 128}) {
                    // Twice, so that both halves hold every shape.
                    row(table, "h100", prompt, batch, output);
                    row(table, "h100", prompt, batch, output);
                    row(table, "a100", prompt, batch, output * 2);
                }
            }
        }
        Path file = Files.writeString(folder.resolve("table.csv"), table);

        List<StepFit> fits = StepFit.fit(file, "h100", 256);

        assertThat(fits).hasSize(1);
        StepFit fit = fits.get(0);
        assertThat(fit.setup()).isEqualTo("m, h100, TP4");
        assertThat(fit.fittedRows()).isEqualTo(24);
        assertThat(fit.latency().overheadNanos()).isEqualTo(20e6, within(0.1e6));
        assertThat(fit.latency().freePrefillTokens()).isEqualTo(128);
        assertThat(fit.latency().perPrefillTokenNanos()).isEqualTo(0.1e6, within(0.001e6));
        assertThat(fit.latency().perSequenceNanos()).isEqualTo(0.2e6, within(0.02e6));
        assertThat(fit.latency().perContextTokenNanos()).isEqualTo(150, within(5.0));
        assertThat(fit.firstToken().rows()).isEqualTo(24);
        assertThat(fit.firstToken().p90()).isLessThan(0.01);
        assertThat(fit.token().p90()).isLessThan(0.01);
    }

    @Test
    void leavesOutWhatWouldBeNegative() {
        double[][] rows = {{1, 1}, {1, 2}, {1, 3}};

        double[] fitted = RelativeLeastSquares.fit(rows, new double[] {3, 2.9, 2.8});

        assertThat(fitted[0]).isEqualTo(2.9, within(0.1));
        assertThat(fitted[1]).isZero();
    }

    @Test
    void saysWhichColumnIsMissing() throws IOException {
        Path file = Files.writeString(folder.resolve("table.csv"), "model,hardware\n");

        assertThatThrownBy(() -> StepFit.fit(file, "h100", 0)).hasMessageContaining("no column prompt_size");
    }

    private static void row(StringBuilder table, String hardware, int prompt, int batch, int output) {
        double first = TRUTH.stepNanos((long) prompt * batch, 0, 0) / 1e6;
        double decode = 0;
        for (int i = 1; i < output; i++) {
            decode += TRUTH.stepNanos(0, batch, (long) batch * (prompt + i)) / 1e6;
        }
        table.append("m,")
                .append(hardware)
                .append(',')
                .append(prompt)
                .append(',')
                .append(batch)
                .append(',');
        table.append(output)
                .append(",1,1,")
                .append(first)
                .append(',')
                .append(decode / (output - 1))
                .append(',');
        table.append(first + decode).append(",4\n");
    }
}
