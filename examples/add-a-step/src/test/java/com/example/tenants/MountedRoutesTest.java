package com.example.tenants;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.simulator.SimulatedModelServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The same folder, mounted into the jar as it was built: no class of this project is on its class path. */
@Timeout(60)
class MountedRoutesTest {
    private static final String STARTED = "serving ";

    @TempDir
    Path dir;

    @Test
    void answersThroughTheSocket() throws Exception {
        try (SimulatedModelServer server = SimulatedModelServer.builder().start()) {
            Path log = dir.resolve("router.log");
            Process router = start(server.port(), log);
            try {
                HttpResponse<String> answer = ask(url(router));

                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.body()).contains("chat.completion");
                assertThat(answer.headers().firstValue("x-served-tenant")).contains("blue");
            } finally {
                router.destroy();
                router.waitFor(20, TimeUnit.SECONDS);
                router.destroyForcibly();
            }
            assertThat(Files.readString(log)).contains("audit: request=r1 tenant=blue model=demo");
        }
    }

    private static Process start(int modelServer, Path log) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Dbactrian.routes.dir=src/main/resources/routes",
                        "-Dbactrian.http.port=0",
                        "-Dbactrian.http.exposed-headers=x-tenant",
                        "-Dbactrian.http.response-headers=x-served-tenant",
                        "-Dbactrian.drain.delay=0s",
                        "-Dbactrian.pools.main.models=demo",
                        "-Dbactrian.pools.main.endpoints=127.0.0.1:" + modelServer,
                        "-Dcamel.management.enabled=false",
                        "-jar",
                        System.getProperty("bactrian.jar"),
                        "serve")
                .redirectError(log.toFile())
                .start();
    }

    /** Returns where the router says it serves, once it does. */
    private static String url(Process router) throws IOException {
        BufferedReader out = router.inputReader(StandardCharsets.UTF_8);
        String line = out.readLine();
        while (line != null && !line.startsWith(STARTED)) {
            line = out.readLine();
        }
        assertThat(line).as("the line that tells the router's address").isNotNull();
        return line.substring(STARTED.length());
    }

    private static HttpResponse<String> ask(String url) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(url + "/v1/chat/completions"))
                                .header("x-tenant", "blue")
                                .header("x-request-id", "r1")
                                .POST(HttpRequest.BodyPublishers.ofString(
                                        "{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }
}
