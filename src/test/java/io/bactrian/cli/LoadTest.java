package io.bactrian.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import io.bactrian.simulator.load.fixture.ScriptedServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Timeout(60)
class LoadTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path folder;

    @Test
    void helpNamesEveryOptionWithItsDefault() {
        assertThat(load("--help")).isZero();

        assertThat(out.toString())
                .contains("--url=URL", "--mooncake=FILE", "--azure=FILE", "--slo-ttft=DURATION", "Exit codes:")
                .containsPattern("--tenants=N[^-]*Default: 30")
                .containsPattern("--max-error-rate=SHARE[^-]*Default:\\s+0.01");
    }

    @Test
    void reportsARunAsTableJsonAndCsv() throws IOException {
        try (ScriptedServer server = new ScriptedServer(LoadTest::complete)) {
            Path json = folder.resolve("report.json");
            Path csv = folder.resolve("requests.csv");

            int exit = load(
                    "--url", server.url().toString(),
                    "--rate", "100",
                    "--limit", "8",
                    "--slo-ttft", "30s",
                    "--oracle", "endpoints=2,blocks=10000,block-size=16",
                    "--json", json.toString(),
                    "--csv", csv.toString());

            assertThat(exit).isZero();
            assertThat(out.toString()).contains("tenants: 8 requests", "prefix hits", "oracle, optimal", "max/mean");
            JsonNode report = JSON.readTree(json.toFile());
            assertThat(report.path("requests").intValue()).isEqualTo(8);
            assertThat(report.path("outcomes").path("completed").intValue()).isEqualTo(8);
            assertThat(report.path("good").intValue()).isEqualTo(8);
            assertThat(report.path("itl").path("count").intValue()).isEqualTo(8);
            assertThat(report.path("ttft").path("p99Seconds").doubleValue()).isPositive();
            assertThat(report.path("prefixHitShare").doubleValue()).isEqualTo(0.8);
            assertThat(report.path("endpoints").path("one").path("requests").intValue())
                    .isEqualTo(8);
            assertThat(report.path("oracle").path("promptTokens").intValue()).isEqualTo(8 * 1440);
            assertThat(Files.readAllLines(csv)).hasSize(9).element(1).asString().contains(",completed,200,\"one\",");
        }
    }

    @Test
    void withoutAServerTheOracleAloneAnswers() throws IOException {
        Path trace = folder.resolve("trace.jsonl");
        Files.writeString(trace, """
                {"timestamp":0,"input_length":40,"output_length":1,"hash_ids":[1,2,3]}
                {"timestamp":9,"input_length":40,"output_length":1,"hash_ids":[1,2,4]}
                """);

        int exit = load(
                "--mooncake", trace.toString(),
                "--trace-block-tokens", "16",
                "--oracle", "endpoints=2,blocks=10,block-size=16");

        assertThat(exit).isZero();
        assertThat(out.toString()).containsPattern("optimal +32 of +80").containsPattern("round robin +0 of +80");
    }

    @Test
    void exitsWithOneWhenTooManyRequestsFail() throws IOException {
        try (ScriptedServer server =
                new ScriptedServer((exchange, number) -> ScriptedServer.whole(exchange, number == 0 ? 500 : 429, ""))) {
            List<String> run = List.of("--url", server.url().toString(), "--limit", "4", "--rate", "1000");

            assertThat(load(run)).isEqualTo(1); // one of four is an error
        }
        try (ScriptedServer server =
                new ScriptedServer((exchange, number) -> ScriptedServer.whole(exchange, 429, ""))) {
            List<String> run = List.of("--url", server.url().toString(), "--limit", "4", "--rate", "1000");

            assertThat(load(run)).isZero(); // shedding is no error
            assertThat(load(run, "--max-shed-rate", "0.5")).isEqualTo(1);
        }
    }

    @Test
    void exitsWithTwoOnWrongUsage() throws IOException {
        Path trace = folder.resolve("trace.csv");
        Files.writeString(trace, "nonsense\n");

        assertThat(load()).isEqualTo(2);
        assertThat(load("--url", "ftp://x")).isEqualTo(2);
        assertThat(load("--url", "http://127.0.0.1:1", "--speed", "0")).isEqualTo(2);
        assertThat(load("--url", "http://127.0.0.1:1", "--duration", "5 parsecs"))
                .isEqualTo(2);
        assertThat(load("--url", "http://127.0.0.1:1", "--api", "telegram")).isEqualTo(2);
        assertThat(load("--url", "http://127.0.0.1:1", "--azure", trace.toString()))
                .isEqualTo(2);
        assertThat(load(
                        "--url",
                        "http://127.0.0.1:1",
                        "--azure",
                        folder.resolve("none").toString()))
                .isEqualTo(2);
        assertThat(load("--oracle", "endpoints=2,blocks=10")).isEqualTo(2);
        assertThat(load("--oracle", "endpoints=2,blocks=10,size=16")).isEqualTo(2);
        assertThat(err.toString())
                .contains(
                        "--url: missing (expected: a server, or --oracle)",
                        "speed: 0.0 (expected: > 0)",
                        "'5 parsecs' (expected: a duration such as 250ms, 30s, 1.5m, 2h)",
                        "trace.csv:1: nonsense (expected: TIMESTAMP,");
    }

    @Test
    void negatedOptionsSwitchOff() throws IOException {
        try (ScriptedServer server = new ScriptedServer(
                (exchange, number) -> ScriptedServer.whole(exchange, 200, "{\"choices\":[{\"text\":\"a\"}]}"))) {
            load("--url", server.url().toString(), "--limit", "1", "--rate", "100", "--no-stream", "--no-ignore-eos");

            JsonNode body = JSON.readTree(server.received().get(0).body());
            assertThat(body.has("stream")).isFalse();
            assertThat(body.has("ignore_eos")).isFalse();
        }
    }

    @Test
    void neverRepeatsAHeaderItCannotRead() {
        assertThat(load("--url", "http://127.0.0.1:1", "--header", "secret-without-name"))
                .isEqualTo(2);
        assertThat(err.toString()).doesNotContain("secret-without-name");
    }

    private static void complete(HttpExchange exchange, int number) throws IOException {
        exchange.getResponseHeaders().set("x-bactrian-endpoint", "one");
        OutputStream events = ScriptedServer.beginEvents(exchange);
        ScriptedServer.event(events, "{\"choices\":[{\"delta\":{\"content\":\"a\"}}]}");
        ScriptedServer.event(events, "{\"choices\":[{\"delta\":{\"content\":\"b\"}}]}");
        ScriptedServer.event(
                events,
                "{\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":2,"
                        + "\"prompt_tokens_details\":{\"cached_tokens\":8}}}");
        ScriptedServer.event(events, "[DONE]");
        events.close();
    }

    private int load(List<String> arguments, String... more) {
        List<String> all = new ArrayList<>(arguments);
        all.addAll(List.of(more));
        return load(all.toArray(String[]::new));
    }

    private int load(String... arguments) {
        return new CommandLine(new Load())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
    }
}
