package io.bactrian.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class SimulateTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final CommandLine command =
            new CommandLine(new Simulate()).setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));

    @Test
    void runsServersUntilItIsInterrupted() throws Exception {
        Thread running = new Thread(
                () -> command.execute("--servers", "2", "--model", "m,alias", "--profile", "instant"), "simulate-test");
        running.start();
        try {
            List<URI> servers = Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(this::printedUris, printed -> printed.size() == 2);

            for (URI server : servers) {
                HttpResponse<String> models = HttpClient.newHttpClient()
                        .send(
                                HttpRequest.newBuilder(server.resolve("/v1/models"))
                                        .build(),
                                HttpResponse.BodyHandlers.ofString());
                assertThat(models.body()).contains("\"id\":\"m\"", "\"id\":\"alias\"");
            }
        } finally {
            running.interrupt();
            running.join(20_000);
        }
        assertThat(running.isAlive()).isFalse();
    }

    @Test
    void givesServersTheirRolesInOrder() throws Exception {
        Thread running = new Thread(
                () -> command.execute("--servers", "3", "--profile", "instant", "--role", "prefill,decode"),
                "simulate-test");
        running.start();
        try {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> out.toString().lines().count() == 4);
            List<String> lines = out.toString().lines().skip(1).toList();

            assertThat(lines.get(0)).matches("http://127\\.0\\.0\\.1:\\d+ role=prefill transfer-port=[1-9]\\d*");
            assertThat(lines.get(1)).contains(" role=decode ");
            assertThat(lines.get(2)).contains(" role=decode ");
        } finally {
            running.interrupt();
            running.join(20_000);
        }
    }

    @Test
    void refusesWrongOptions() {
        assertThat(command.execute("--servers", "0")).isEqualTo(2);
        assertThat(command.execute("--kv-cache-size", "0")).isEqualTo(2);
        assertThat(command.execute("--profile", "gpu")).isEqualTo(2);
        assertThat(command.execute("--role", "prefiller")).isEqualTo(2);
        assertThat(command.execute("--kv-bandwidth", "0")).isEqualTo(2);

        assertThat(err.toString())
                .contains(
                        "--servers: 0 (expected: >= 1)",
                        "kvBlocks: 0 (expected: >= 1)",
                        "profile: gpu",
                        "'prefiller' (expected: a value of llm-d.ai/role, or none)",
                        "bytesPerSecond: 0.0 (expected: > 0)");
    }

    @Test
    void saysWhenATableCannotBeRead() {
        assertThat(command.execute("fit", "no-such-file.csv")).isEqualTo(1);

        assertThat(err.toString()).contains("simulate fit: no-such-file.csv: ");
    }

    private List<URI> printedUris() {
        return out.toString()
                .lines()
                .filter(line -> line.startsWith("http://"))
                .map(URI::create)
                .toList();
    }
}
