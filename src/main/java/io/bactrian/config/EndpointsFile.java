package io.bactrian.config;

import io.bactrian.endpoint.Endpoint;
import io.bactrian.scheduling.PluginParameters;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads llm-d's file discovery: {@code endpoints[]} with {@code name}, {@code namespace}, {@code address}, {@code port} and
 * {@code labels}. With {@code ports} in place of {@code port}, each port is an endpoint of its own: the ranks of a data-parallel
 * model server, called {@code <name>-rank-<n>}; the label {@value #ACTIVE_PORTS} may leave some out.
 */
final class EndpointsFile {
    /** Longest file that is read. */
    static final int MAX_BYTES = 1 << 20;

    private static final String ACTIVE_PORTS = "llm-d.ai/active-ports";
    private static final int MAX_PORT = 65_535;

    private EndpointsFile() {}

    /** Returns the endpoints of {@code pool}; throws {@link IllegalArgumentException} naming path, value and expectation. */
    static List<Endpoint> read(String pool, byte[] content) {
        PluginParameters file = new PluginParameters("", "", YamlReader.object(content, "one with endpoints"));
        Map<String, Endpoint> endpoints = new LinkedHashMap<>();
        for (PluginParameters entry : file.objects("endpoints")) {
            for (Endpoint endpoint : endpoints(pool, entry)) {
                if (endpoints.put(endpoint.name(), endpoint) != null) {
                    throw entry.wrong("name", endpoint.name(), "a name of its own");
                }
            }
        }
        file.rejectUnread();
        return List.copyOf(endpoints.values());
    }

    private static List<Endpoint> endpoints(String pool, PluginParameters entry) {
        String name = entry.requiredText("name");
        String host = entry.requiredText("address");
        Map<String, String> labels = new LinkedHashMap<>(entry.map("labels"));
        labels.put(Endpoint.NAMESPACE, entry.text("namespace", "default"));
        if (!entry.has("ports")) {
            return List.of(endpoint(pool, name, entry, host, port(entry, "port", entry.any("port")), labels));
        }
        List<Endpoint> ranks = new ArrayList<>();
        List<?> ports = entry.any("ports") instanceof List<?> list ? list : List.of();
        if (ports.isEmpty()) {
            throw entry.wrong("ports", String.valueOf(entry.any("ports")), "a list of ports");
        }
        for (int rank = 0; rank < ports.size(); rank++) {
            int port = port(entry, "ports[" + rank + "]", ports.get(rank));
            if (isActive(labels.get(ACTIVE_PORTS), port)) {
                Map<String, String> own = new LinkedHashMap<>(labels);
                own.put(Endpoint.RANK, String.valueOf(rank));
                ranks.add(endpoint(pool, name + "-rank-" + rank, entry, host, port, own));
            }
        }
        return ranks;
    }

    private static boolean isActive(@org.jspecify.annotations.Nullable String activePorts, int port) {
        return activePorts == null
                || List.of(activePorts.replace(" ", "").split(",", -1)).contains(String.valueOf(port));
    }

    private static Endpoint endpoint(
            String pool, String name, PluginParameters entry, String host, int port, Map<String, String> labels) {
        InetSocketAddress address = new InetSocketAddress(host, port);
        if (address.isUnresolved()) {
            throw entry.wrong("address", host, "an address, or a host that can be looked up");
        }
        return new Endpoint(pool, name, address, labels);
    }

    /** llm-d writes ports as strings; numbers are as good. */
    private static int port(PluginParameters entry, String name, @org.jspecify.annotations.Nullable Object value) {
        String text = String.valueOf(value);
        if (value == null
                || !text.matches("\\d{1,5}")
                || Integer.parseInt(text) < 1
                || Integer.parseInt(text) > MAX_PORT) {
            throw entry.wrong(name, value == null ? "missing" : value, "a port from 1 to " + MAX_PORT);
        }
        return Integer.parseInt(text);
    }
}
