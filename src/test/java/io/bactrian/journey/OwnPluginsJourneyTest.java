package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bactrian.Router;
import io.bactrian.config.BactrianSettings;
import io.bactrian.config.ConfigurationException;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.Requests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Plug-ins of a third party decide behind the socket. */
@Timeout(60)
class OwnPluginsJourneyTest {
    private static final String HEAD = "apiVersion: llm-d.ai/v1alpha1\nkind: EndpointPickerConfig\n";

    private final RawModelServer one = answering();
    private final RawModelServer other = answering();

    @TempDir
    private Path dir = Path.of("");

    private static RawModelServer answering() {
        return new RawModelServer(connection -> {
            connection.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
            return true;
        });
    }

    @AfterEach
    void close() {
        one.close();
        other.close();
    }

    @Test
    void aJarBringsAScorer() throws IOException {
        try (Router router = start("{type: port-scorer, parameters: {prefers: " + other.port() + "}}")) {
            askTenTimes(router);

            assertThat(other.requests()).hasSize(10);
        }
    }

    @Test
    void aRouteFileDeclaresOne() throws IOException {
        Files.writeString(dir.resolve("scorers.camel.yaml"), """
                - beans:
                    - name: highest
                      type: io.bactrian.fixture.OwnPlugins$HighestPortScorer
                """);
        try (Router router = start("{type: 'bean:highest'}")) {
            askTenTimes(router);

            assertThat((one.port() > other.port() ? one : other).requests()).hasSize(10);
        }
    }

    @Test
    void whatIsNotThereStopsTheStart() throws IOException {
        try (Router router = router("{type: 'bean:nobody'}")) {
            assertThatThrownBy(router::start)
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining(
                            "plugins[0].type: bean:nobody (expected: a bean that a route file or a class binds)");
        }
    }

    private static void askTenTimes(Router router) {
        int port = Integer.parseInt(router.url().replaceFirst(".*:", ""));
        for (int i = 0; i < 10; i++) {
            assertThat(RawClient.exchange(port, Requests.post(Requests.chat("m", 1, false)))
                            .status())
                    .isEqualTo(200);
        }
    }

    private Router start(String plugin) throws IOException {
        Router router = router(plugin);
        router.start();
        return router;
    }

    private Router router(String plugin) throws IOException {
        Path file = Files.writeString(dir.resolve("scheduling.yaml"), HEAD + "plugins: [" + plugin + "]");
        Map<String, String> properties = new HashMap<>();
        properties.put("bactrian.http.port", "0");
        properties.put("bactrian.drain.delay", "0s");
        properties.put("bactrian.routes.dir", dir.toString());
        properties.put("bactrian.pools.m.models", "m");
        properties.put("bactrian.pools.m.endpoints", "127.0.0.1:" + one.port() + ",127.0.0.1:" + other.port());
        properties.put("bactrian.pools.m.scheduling-file", file.toString());
        properties.put("camel.management.enabled", "false");
        return new Router(BactrianSettings.read(properties, Map.of()), properties);
    }
}
