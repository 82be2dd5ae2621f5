package io.bactrian.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.simulator.engine.StepLatency;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SimulatedModelServerTest {
    private final SimulatedModelServer server = SimulatedModelServer.builder()
            .options(SimulatedModelServerOptions.builder()
                    .latency(StepLatency.NONE)
                    .fixedIdentity("r1", 1)
                    .build())
            .start();
    private final HttpClient client = HttpClient.newHttpClient();

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void answers() throws Exception {
        HttpResponse<String> r = post(
                "/v1/chat/completions",
                "{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi there\"}],\"max_tokens\":5,\"ignore_eos\":true}");
        System.out.println(r.body() + r.headers());
        r = post(
                "/v1/chat/completions",
                "{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi there\"}],\"max_tokens\":5,\"stream\":true,\"stream_options\":{\"include_usage\":true}}");
        System.out.println(r.body() + r.headers());
        System.out.println(client.send(
                        HttpRequest.newBuilder(server.uri().resolve("/metrics")).build(),
                        HttpResponse.BodyHandlers.ofString())
                .body());
        System.out.println(client.send(
                        HttpRequest.newBuilder(server.uri().resolve("/admin/config"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body());
        System.out.println(server.snapshot());
        assertThat(r.statusCode()).isEqualTo(200);
    }

    private HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
        URI uri = server.uri().resolve(path);
        return client.send(
                HttpRequest.newBuilder(uri)
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }
}
