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
    void answersAChat() throws Exception {
        HttpResponse<String> response = post("/v1/chat/completions", """
                {"model":"demo","messages":[{"role":"user","content":"Hi there"}],"max_tokens":5,"ignore_eos":true}""");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("x-bactrian-simulated")).contains("true");
        assertThat(response.body())
                .startsWith("{\"id\":\"chatcmpl-r1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"demo\"")
                .contains("\"finish_reason\":\"length\"")
                .endsWith("\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":5,\"total_tokens\":12}}");
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
