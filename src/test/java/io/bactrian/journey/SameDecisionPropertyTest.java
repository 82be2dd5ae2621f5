package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.fixture.TestProxy;
import io.bactrian.simulator.SimulatedModelServer;
import io.bactrian.simulator.SimulatedModelServerOptions;
import io.bactrian.simulator.engine.StepLatency;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Both doors lead into one corridor: the same request meets the same decision, whichever it comes by. */
class SameDecisionPropertyTest {
    private static final int REQUESTS = 150;

    /** Every request has one endpoint that fits best, by its length and a header, so that chance decides nothing. */
    private static final String POLICY = """
            apiVersion: llm-d.ai/v1alpha1
            kind: EndpointPickerConfig
            plugins:
              - type: context-length-aware
              - type: header-label-affinity-scorer
                parameters: {headerName: x-zone, labelKey: zone}
              - type: max-score-picker
              - type: single-profile-handler
            schedulingProfiles:
              - name: default
                plugins:
                  - {pluginRef: context-length-aware, weight: 1}
                  - {pluginRef: header-label-affinity-scorer, weight: 0.3}
                  - {pluginRef: max-score-picker}
            """;

    private static final String[] RANGES = {"0-50", "51-400", "401-100000", "0-3000"};

    private static RouterFixture.Builder router(Path folder) {
        return RouterFixture.builder()
                .property("bactrian.pools.main.models", "demo")
                .property(
                        "bactrian.pools.main.endpoints-file",
                        folder.resolve("endpoints.yaml").toString())
                .property(
                        "bactrian.pools.main.scheduling-file",
                        folder.resolve("policy.yaml").toString())
                .property("bactrian.pools.main.allow-experimental-plugins", "true");
    }

    private static String endpoints(List<SimulatedModelServer> servers) {
        StringBuilder file = new StringBuilder("endpoints:\n");
        for (int i = 0; i < servers.size(); i++) {
            file.append("- {name: e" + i + ", address: 127.0.0.1, port: "
                    + servers.get(i).port() + ", labels: {zone: z" + i + ", llm-d.ai/context-length-range: " + RANGES[i]
                    + "}}\n");
        }
        return file.toString();
    }

    @Test
    void givesTheSameDecisionAtBothDoors(@TempDir Path folder) throws Exception {
        long seed = System.nanoTime();
        List<SimulatedModelServer> servers = new ArrayList<>();
        for (int i = 0; i < RANGES.length; i++) {
            servers.add(SimulatedModelServer.builder()
                    .options(SimulatedModelServerOptions.builder()
                            .models("demo")
                            .latency(StepLatency.NONE)
                            .build())
                    .start());
        }
        Files.writeString(folder.resolve("endpoints.yaml"), endpoints(servers));
        Files.writeString(folder.resolve("policy.yaml"), POLICY);
        try (RouterFixture gateway = router(folder).build().start();
                RouterFixture picker = router(folder).asPicker().build().start();
                TestProxy proxy = new TestProxy(picker.pickerPort())) {
            Random random = new Random(seed);
            List<String> chosen = new ArrayList<>();
            for (int i = 0; i < REQUESTS; i++) {
                String zone = "z" + random.nextInt(5);
                String body = body(random);
                RawClient.exchange(gateway.port(), Requests.post(body, "x-zone: " + zone));
                String decision = picked(proxy, body, zone);
                assertThat(decision)
                        .as("request " + i + " of seed " + seed)
                        .isEqualTo(gateway.awaitRecords(i + 1).get(i).endpoint());
                chosen.add(decision);
            }
            assertThat(chosen.stream().distinct()).as("seed " + seed).hasSizeGreaterThan(1);
            gateway.awaitQuiet();
            picker.awaitQuiet();
        } finally {
            servers.forEach(SimulatedModelServer::close);
        }
    }

    private static String body(Random random) {
        String text = "word ".repeat(1 + random.nextInt(random.nextInt(10) == 0 ? 3000 : 400));
        return "{\"model\":\"demo\",\"max_tokens\":2,\"stream\":" + random.nextBoolean()
                + ",\"messages\":[{\"role\":\"user\",\"content\":\"" + text + "\"}]}";
    }

    private static String picked(TestProxy proxy, String body, String zone) throws InterruptedException {
        TestProxy.Stream stream =
                proxy.open().send(TestProxy.head(false, "x-zone", zone)).send(TestProxy.body(body, true));
        String destination =
                TestProxy.set(stream.next().getRequestHeaders().getResponse(), "x-gateway-destination-endpoint");
        stream.cancel();
        return destination;
    }
}
