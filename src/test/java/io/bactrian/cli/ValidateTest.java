package io.bactrian.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.Bactrian;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Timeout(60)
class ValidateTest {
    private static final String EXAMPLES = "test-fixtures/endpoint-picker-config/";
    private static final String LACKS = "(valid; needs capability latency prediction, not in this build)";
    private static final String HEAD = "apiVersion: llm-d.ai/v1alpha1\nkind: EndpointPickerConfig\n";

    private final StringWriter out = new StringWriter();

    @TempDir
    private Path dir = Path.of("");

    /** Returns a file that asks for what this build does not have. */
    private String lacking() throws IOException {
        return Files.writeString(dir.resolve("lacking.yaml"), HEAD + "plugins: [{type: latency-scorer}]")
                .toString();
    }

    @Test
    void whatRunsIsZero() {
        assertThat(validate(EXAMPLES + "default-like.yaml")).isZero();
        assertThat(out.toString()).isEqualTo(EXAMPLES + "default-like.yaml: runs" + System.lineSeparator());
    }

    @Test
    void whatIsValidButLacksACapabilityIsThree() throws IOException {
        assertThat(validate(lacking())).isEqualTo(3);
        assertThat(out.toString()).contains(lacking() + ": plugins[0].type: latency-scorer " + LACKS);
    }

    @Test
    void whatIsWrongIsOneWhateverElseIsLacking() throws IOException {
        Path wrong = Files.writeString(dir.resolve("wrong.yaml"), HEAD + "plugins: [{type: nonsense}]");

        assertThat(validate(wrong.toString(), lacking())).isEqualTo(1);
        assertThat(out.toString()).contains(wrong + ": plugins[0].type: nonsense (expected: one of [");
    }

    @Test
    void experimentalPluginsHaveToBeAllowed() {
        assertThat(validate(EXAMPLES + "no-kubernetes.yaml")).isEqualTo(1);
        assertThat(validate("--allow-experimental-plugins", EXAMPLES + "no-kubernetes.yaml"))
                .isZero();
    }

    @Test
    void propertiesNameTheFilesToCheck() throws IOException {
        assertThat(validate(
                        "--config", properties(EXAMPLES + "default-like.yaml").toString()))
                .isZero();
        assertThat(validate("--config", properties(lacking()).toString())).isEqualTo(3);
        assertThat(out.toString()).contains("bactrian.pools.main.scheduling-file: " + lacking() + ": plugins");
        assertThat(validate("--config", properties("nowhere.yaml").toString())).isEqualTo(1);
        assertThat(out.toString()).contains("scheduling-file: nowhere.yaml: ");
    }

    @Test
    void serveRefusesWhatIsNotZero() throws IOException {
        StringWriter err = new StringWriter();
        CommandLine command = Bactrian.commandLine().setErr(new PrintWriter(err));

        int exitCode =
                command.execute("serve", "--config", properties(lacking()).toString());

        assertThat(exitCode).isEqualTo(2);
        assertThat(err.toString()).contains(LACKS);
    }

    @Test
    void nothingToCheckIsAMistake() {
        assertThat(validate()).isEqualTo(2);
    }

    private Path properties(String schedulingFile) throws IOException {
        return Files.writeString(dir.resolve("application.properties"), """
                bactrian.http.port = 0
                bactrian.pools.main.models = demo
                bactrian.pools.main.endpoints = 127.0.0.1:9
                bactrian.pools.main.scheduling-file = %s
                camel.management.enabled = false
                """.formatted(schedulingFile));
    }

    private int validate(String... arguments) {
        String[] all = new String[arguments.length + 1];
        all[0] = "validate";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return Bactrian.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(new StringWriter()))
                .execute(all);
    }
}
