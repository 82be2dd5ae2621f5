package io.bactrian.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Tells why the endpoint of a request was chosen. */
@Command(
        name = "explain",
        description = "Tells why the endpoint of a request was chosen, asking a running router.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:explained",
            "1:the router cannot be reached, or does not know the request (any more)",
            "2:the command line is wrong"
        })
public final class Explain implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int OK = 200;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "REQUEST-ID", description = "The x-request-id of the answer.")
    private String requestId = "";

    @Option(
            names = "--url",
            defaultValue = "http://127.0.0.1:9876",
            description = "The router's operations port (default: ${DEFAULT-VALUE}).")
    private URI url = URI.create("http://127.0.0.1:9876");

    @Option(names = "--json", description = "Prints what the router says, as it is.")
    private boolean json;

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter err = spec.commandLine().getErr();
        try {
            HttpResponse<String> answer = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(url.resolve("/debug/decisions/" + requestId))
                                    .timeout(PATIENCE)
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            JsonNode body = new ObjectMapper().readTree(answer.body());
            if (answer.statusCode() != OK) {
                err.println(body.path("error").asText(answer.body()));
                return 1;
            }
            print(answer.body(), body);
            return 0;
        } catch (IOException | IllegalArgumentException e) {
            err.println("--url: " + url + ": " + e + " (expected: the operations port of a running router)");
            return 1;
        }
    }

    private void print(String text, JsonNode body) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(text);
            return;
        }
        int attempt = 0;
        for (JsonNode decision : body.path("attempts")) {
            out.printf(
                    Locale.ROOT,
                    "attempt %d: pool %s, configuration %d, %d candidates, %s%n",
                    ++attempt,
                    decision.path("pool").asText(),
                    decision.path("generation").asLong(),
                    decision.path("candidates").asInt(),
                    decision.path("decidedAt").asText());
            if (decision.has("refusal")) {
                out.println("  refused: " + decision.path("refusal").asText());
            }
            decision.path("profiles").forEach(profile -> print(out, profile));
        }
    }

    private static void print(PrintWriter out, JsonNode profile) {
        out.println("  profile " + profile.path("name").asText());
        for (JsonNode filter : profile.path("filters")) {
            List<String> removed = new ArrayList<>();
            filter.path("removed").forEach(name -> removed.add(name.asText()));
            out.printf(
                    Locale.ROOT,
                    "    %s: %d of %d%s%n",
                    filter.path("name").asText(),
                    filter.path("after").asInt(),
                    filter.path("before").asInt(),
                    removed.isEmpty() ? "" : ", without " + String.join(", ", removed));
        }
        if (profile.path("endpoints").isEmpty()) {
            return;
        }
        out.print(table(profile));
        out.println("    winner: " + profile.path("winner").asText());
        if (profile.has("runnerUp")) {
            out.println("    runner-up: " + profile.path("runnerUp").asText() + "; it would have won by: "
                    + profile.path("wouldFlip").asText());
        }
    }

    /** Endpoints in lines, scorers in columns with their weights, the ages of the signals behind. */
    private static String table(JsonNode profile) {
        TextTable table = new TextTable();
        List<String> head = new ArrayList<>(List.of("endpoint", "total"));
        profile.path("scorers")
                .forEach(scorer -> head.add(scorer.path("name").asText() + " x"
                        + scorer.path("weight").asText()));
        head.add("age of waiting, running, KV ms");
        table.row(head);
        for (JsonNode endpoint : profile.path("endpoints")) {
            List<String> line = new ArrayList<>();
            line.add((endpoint.path("picked").asBoolean() ? "* " : "  ")
                    + endpoint.path("name").asText());
            line.add(number(endpoint.path("total")));
            endpoint.path("scores").forEach(score -> line.add(number(score)));
            List<String> ages = new ArrayList<>();
            endpoint.path("agesMillis").forEach(age -> ages.add(age.isNull() ? "-" : age.asText()));
            line.add(String.join(", ", ages));
            table.row(line);
        }
        int more = profile.path("scored").asInt() - profile.path("endpoints").size();
        return table.indented("    ") + (more > 0 ? "      and " + more + " more" + System.lineSeparator() : "");
    }

    private static String number(JsonNode value) {
        return value.isNull() ? "-" : String.format(Locale.ROOT, "%.4f", value.asDouble());
    }
}
