package io.bactrian.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What all of llm-d's Kubernetes resources have in common, as trees. Of {@code metadata} and {@code status} nothing is checked. */
final class ResourceNodes {
    private static final Logger LOG = LoggerFactory.getLogger(ResourceNodes.class);
    private static final String API_VERSION = "llm-d.ai/v1alpha2";
    private static final String OLDER_API_VERSION = "inference.networking.x-k8s.io/v1alpha2";

    private ResourceNodes() {}

    /** Returns the resources of {@code documents}, each of which is one, or a list. */
    static List<JsonNode> list(List<JsonNode> documents) {
        List<JsonNode> resources = new ArrayList<>();
        for (JsonNode document : documents) {
            if (document.isArray()) {
                document.forEach(resources::add);
            } else if (document.path("kind").asText().endsWith("List")
                    && document.path("items").isArray()) {
                document.path("items").forEach(resources::add);
            } else {
                resources.add(document);
            }
        }
        return resources;
    }

    /** Throws {@link IllegalArgumentException} unless {@code resource} is one of {@code kind}. */
    static void requireKind(JsonNode resource, String path, String kind) {
        requireObject(resource, path, Set.of("apiVersion", "kind", "metadata", "spec", "status"));
        if (!resource.path("kind").asText().equals(kind)) {
            throw wrong(path + ".kind", resource.path("kind"), kind);
        }
        String version = resource.path("apiVersion").asText();
        if (version.equals(OLDER_API_VERSION)) {
            LOG.warn("{}.apiVersion: {} is deprecated (expected: {})", path, version, API_VERSION);
        } else if (!version.equals(API_VERSION)) {
            throw wrong(path + ".apiVersion", resource.path("apiVersion"), API_VERSION + " or " + OLDER_API_VERSION);
        }
    }

    /** Returns the name of the pool that {@code spec} refers to; empty if it refers to none. */
    static String pool(JsonNode spec, String path) {
        JsonNode poolRef = spec.path("poolRef");
        if (!poolRef.isMissingNode()) {
            requireObject(poolRef, path + ".poolRef", Set.of("group", "kind", "name", "namespace"));
        }
        return poolRef.path("name").asText();
    }

    /** Throws {@link IllegalArgumentException} unless {@code node} is an object with {@code known} members only. */
    static void requireObject(JsonNode node, String path, Set<String> known) {
        if (!node.isObject()) {
            throw wrong(path, node.isMissingNode() ? "missing" : node, "an object");
        }
        for (Iterator<String> names = node.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (!known.contains(name)) {
                throw wrong(path + "." + name, "unknown", "one of " + new TreeSet<>(known));
            }
        }
    }

    static IllegalArgumentException wrong(String path, Object value, String expected) {
        return new IllegalArgumentException(path + ": " + value + " (expected: " + expected + ")");
    }
}
