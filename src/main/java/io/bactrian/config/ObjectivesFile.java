package io.bactrian.config;

import com.fasterxml.jackson.databind.JsonNode;
import io.bactrian.flowcontrol.Objectives;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads {@code InferenceObjective} resources as llm-d and Kubernetes write them: one document each, or a list.
 *
 * <p>Of {@code metadata} the name counts alone, and {@code status} is passed over; anything else that is not known is refused.
 */
final class ObjectivesFile {
    /** Longest file that is read. */
    static final int MAX_BYTES = 1 << 20;

    private ObjectivesFile() {}

    /** Returns the priorities; throws {@link IllegalArgumentException} naming path, value and expectation. */
    static Map<Objectives.Key, Integer> read(byte[] content) {
        Map<Objectives.Key, Integer> priorities = new HashMap<>();
        List<JsonNode> resources = ResourceNodes.list(YamlReader.documents(content));
        for (int i = 0; i < resources.size(); i++) {
            String path = "[" + i + "]";
            Objectives.Key key = readOne(resources.get(i), path, priorities);
            if (key.name().isEmpty()) {
                throw ResourceNodes.wrong(path + ".metadata.name", "missing", "a name");
            }
        }
        return priorities;
    }

    private static Objectives.Key readOne(JsonNode resource, String path, Map<Objectives.Key, Integer> priorities) {
        ResourceNodes.requireKind(resource, path, "InferenceObjective");
        JsonNode spec = resource.path("spec");
        if (!spec.isMissingNode()) {
            ResourceNodes.requireObject(spec, path + ".spec", Set.of("priority", "poolRef"));
        }
        Objectives.Key key = new Objectives.Key(
                resource.path("metadata").path("name").asText(), ResourceNodes.pool(spec, path + ".spec"));
        if (priorities.put(key, priority(spec.path("priority"), path)) != null) {
            throw ResourceNodes.wrong(path + ".metadata.name", key.name(), "a name of its own");
        }
        return key;
    }

    private static int priority(JsonNode priority, String path) {
        if (priority.isMissingNode() || priority.isNull()) {
            return 0;
        }
        if (!priority.isIntegralNumber() || !priority.canConvertToInt()) {
            throw ResourceNodes.wrong(path + ".spec.priority", priority, "a whole number of 32 bits");
        }
        return priority.intValue();
    }
}
