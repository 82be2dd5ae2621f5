package io.bactrian.config;

import com.fasterxml.jackson.databind.JsonNode;
import io.bactrian.flowcontrol.Objectives;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads {@code InferenceObjective} resources as llm-d and Kubernetes write them: one document each, or a list.
 *
 * <p>Of {@code metadata} the name counts alone, and {@code status} is passed over; anything else that is not known is refused.
 */
final class ObjectivesFile {
    /** Longest file that is read. */
    static final int MAX_BYTES = 1 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(ObjectivesFile.class);
    private static final String API_VERSION = "llm-d.ai/v1alpha2";
    private static final String OLDER_API_VERSION = "inference.networking.x-k8s.io/v1alpha2";

    private ObjectivesFile() {}

    /** Returns the priorities; throws {@link IllegalArgumentException} naming path, value and expectation. */
    static Map<Objectives.Key, Integer> read(byte[] content) {
        Map<Objectives.Key, Integer> priorities = new HashMap<>();
        List<JsonNode> resources = resources(YamlReader.documents(content));
        for (int i = 0; i < resources.size(); i++) {
            String path = "[" + i + "]";
            Objectives.Key key = readOne(resources.get(i), path, priorities);
            if (key.name().isEmpty()) {
                throw wrong(path + ".metadata.name", "missing", "a name");
            }
        }
        return priorities;
    }

    private static List<JsonNode> resources(List<JsonNode> documents) {
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

    private static Objectives.Key readOne(JsonNode resource, String path, Map<Objectives.Key, Integer> priorities) {
        requireObject(resource, path, Set.of("apiVersion", "kind", "metadata", "spec", "status"));
        requireKind(resource, path);
        JsonNode spec = resource.path("spec");
        JsonNode poolRef = spec.path("poolRef");
        if (!spec.isMissingNode()) {
            requireObject(spec, path + ".spec", Set.of("priority", "poolRef"));
        }
        if (!poolRef.isMissingNode()) {
            requireObject(poolRef, path + ".spec.poolRef", Set.of("group", "kind", "name", "namespace"));
        }
        Objectives.Key key = new Objectives.Key(
                resource.path("metadata").path("name").asText(),
                poolRef.path("name").asText());
        if (priorities.put(key, priority(spec.path("priority"), path)) != null) {
            throw wrong(path + ".metadata.name", key.name(), "a name of its own");
        }
        return key;
    }

    private static void requireKind(JsonNode resource, String path) {
        if (!resource.path("kind").asText().equals("InferenceObjective")) {
            throw wrong(path + ".kind", resource.path("kind"), "InferenceObjective");
        }
        String version = resource.path("apiVersion").asText();
        if (version.equals(OLDER_API_VERSION)) {
            LOG.warn("{}.apiVersion: {} is deprecated (expected: {})", path, version, API_VERSION);
        } else if (!version.equals(API_VERSION)) {
            throw wrong(path + ".apiVersion", resource.path("apiVersion"), API_VERSION + " or " + OLDER_API_VERSION);
        }
    }

    private static int priority(JsonNode priority, String path) {
        if (priority.isMissingNode() || priority.isNull()) {
            return 0;
        }
        if (!priority.isIntegralNumber() || !priority.canConvertToInt()) {
            throw wrong(path + ".spec.priority", priority, "a whole number of 32 bits");
        }
        return priority.intValue();
    }

    private static void requireObject(JsonNode node, String path, Set<String> known) {
        if (!node.isObject()) {
            throw wrong(path, node.isMissingNode() ? "missing" : node, "an object");
        }
        for (Iterator<String> names = node.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (!known.contains(name)) {
                throw wrong(path + "." + name, "unknown", "one of " + new java.util.TreeSet<>(known));
            }
        }
    }

    private static IllegalArgumentException wrong(String path, Object value, String expected) {
        return new IllegalArgumentException(path + ": " + value + " (expected: " + expected + ")");
    }
}
