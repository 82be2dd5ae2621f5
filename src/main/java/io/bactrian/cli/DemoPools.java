package io.bactrian.cli;

import io.bactrian.endpoint.EndpointRole;
import io.bactrian.simulator.SimulatedModelServer;
import io.bactrian.simulator.SimulatedModelServerOptions;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The two pools of the demo: model servers that do everything, and one that computes prompts beside two that answer. They live until
 * closed, with the files that name them.
 */
final class DemoPools implements AutoCloseable {
    static final String AGGREGATED = "llama-3.1-8b";
    static final String DISAGGREGATED = "qwen3-32b";

    /** Prompts from this length on are computed apart; a load-aware decider would show nothing while nobody else asks. */
    static final int TOKENS_COMPUTED_APART = 64;

    private static final String SCHEDULING = """
            apiVersion: llm-d.ai/v1alpha1
            kind: EndpointPickerConfig
            plugins:
            - type: decode-filter
            - type: prefill-filter
            - type: queue-scorer
            - type: prefix-cache-scorer
            - {type: prefix-based-pd-decider, parameters: {nonCachedTokens: %d}}
            - type: disagg-profile-handler
              parameters: {deciders: {prefill: {pluginRef: prefix-based-pd-decider}}}
            schedulingProfiles:
            - {name: decode, plugins: [{pluginRef: decode-filter}, {pluginRef: queue-scorer}, {pluginRef: prefix-cache-scorer}]}
            - {name: prefill, plugins: [{pluginRef: prefill-filter}, {pluginRef: queue-scorer}, {pluginRef: prefix-cache-scorer}]}
            """.formatted(TOKENS_COMPUTED_APART);

    private final EventLoopGroup loops = SimulatedModelServer.newEventLoops(1);
    private final List<SimulatedModelServer> servers = new ArrayList<>();
    private final Map<String, String> properties = new TreeMap<>();
    private final Path endpoints;
    private final Path scheduling;

    DemoPools() {
        try {
            endpoints = Files.createTempFile("bactrian-demo-endpoints", ".yaml");
            scheduling = Files.createTempFile("bactrian-demo-scheduling", ".yaml");
            List<String> addresses = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                addresses.add(
                        "127.0.0.1:" + start(AGGREGATED, EndpointRole.NONE).port());
            }
            pool(AGGREGATED, "endpoints", String.join(",", addresses));
            Files.writeString(
                    endpoints,
                    List.of(EndpointRole.PREFILL, EndpointRole.DECODE, EndpointRole.DECODE).stream()
                            .map(role -> entry(start(DISAGGREGATED, role)))
                            .collect(Collectors.joining("\n", "endpoints:\n", "\n")));
            Files.writeString(scheduling, SCHEDULING);
            pool(DISAGGREGATED, "endpoints-file", endpoints.toString());
            pool(DISAGGREGATED, "scheduling-file", scheduling.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the settings by which a router knows them. */
    Map<String, String> properties() {
        return properties;
    }

    List<SimulatedModelServer> servers() {
        return servers;
    }

    private SimulatedModelServer start(String model, EndpointRole role) {
        SimulatedModelServer server = SimulatedModelServer.builder()
                .options(SimulatedModelServerOptions.builder()
                        .models(model)
                        .role(role)
                        .build())
                .eventLoops(loops)
                .start();
        servers.add(server);
        return server;
    }

    private void pool(String model, String key, String value) {
        String pool = "bactrian.pools." + model.replace('.', '-');
        properties.put(pool + ".models", model);
        properties.put(pool + "." + key, value);
    }

    private static String entry(SimulatedModelServer server) {
        String role = server.options().role().value();
        return "- {name: %s-%d, address: 127.0.0.1, port: %d, labels: {%s: %s}}"
                .formatted(role, server.port(), server.port(), EndpointRole.LABEL, role);
    }

    @Override
    public void close() {
        servers.forEach(SimulatedModelServer::close);
        loops.shutdownGracefully();
        try {
            Files.deleteIfExists(endpoints);
            Files.deleteIfExists(scheduling);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
