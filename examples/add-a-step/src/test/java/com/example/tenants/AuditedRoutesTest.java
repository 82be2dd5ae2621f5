package com.example.tenants;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.Router;
import io.bactrian.config.BactrianSettings;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import org.apache.camel.component.mock.InterceptSendToMockEndpointStrategy;
import org.apache.camel.component.mock.MockEndpoint;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The routes in a whole router; only the model server is a mock. */
class AuditedRoutesTest {
    private static final Map<String, String> PROPERTIES = Map.of(
            "bactrian.routes.dir", "src/main/resources/routes",
            "bactrian.http.port", "0",
            "bactrian.http.exposed-headers", "x-tenant",
            "bactrian.http.response-headers", "x-served-tenant",
            "bactrian.drain.delay", "0s",
            "bactrian.pools.main.models", "demo",
            "bactrian.pools.main.endpoints", "127.0.0.1:1",
            "camel.management.enabled", "false");

    private Router router;
    private MockEndpoint modelServer;

    @BeforeEach
    void start() {
        router = new Router(BactrianSettings.read(PROPERTIES, Map.of()), PROPERTIES)
                .prepare(camel -> camel.getCamelContextExtension()
                        .registerEndpointCallback(new InterceptSendToMockEndpointStrategy("model-server:*", true)));
        router.start();
        modelServer = router.camel().getEndpoint("mock:model-server:decode", MockEndpoint.class);
        modelServer.whenAnyExchangeReceived(
                exchange -> exchange.getMessage().setBody("{\"object\":\"chat.completion\"}"));
    }

    @AfterEach
    void stop() {
        router.close();
    }

    @Test
    void tellsTheTenantForWhichItServed() throws Exception {
        modelServer.expectedMessageCount(1);
        modelServer.expectedHeaderReceived("x-served-tenant", "blue");
        modelServer.expectedHeaderReceived("BactrianPool", "main");
        modelServer.expectedHeaderReceived("BactrianEndpoint", "127.0.0.1:1");

        HttpResponse<String> answer = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(router.url() + "/v1/chat/completions"))
                                .header("x-tenant", "blue")
                                .POST(HttpRequest.BodyPublishers.ofString(
                                        "{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());

        modelServer.assertIsSatisfied();
        assertThat(answer.body()).isEqualTo("{\"object\":\"chat.completion\"}");
        assertThat(answer.headers().firstValue("x-served-tenant")).contains("blue");
    }
}
