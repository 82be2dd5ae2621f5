package io.bactrian;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.fixture.RouterUnderTest;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RouterSettingsTest {
    private static final String PORT = "bactrian.http.port";

    private final RouterUnderTest router = new RouterUnderTest();

    @AfterEach
    void close() {
        System.clearProperty(PORT);
        router.close();
    }

    @Test
    void listensWhereItSaysAlthoughASystemPropertyAsksForAnyPort() throws Exception {
        System.setProperty(PORT, "0");
        router.start();

        HttpResponse<String> answer = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(router.router().url() + "/v1/models"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).contains("\"demo\"");
    }
}
