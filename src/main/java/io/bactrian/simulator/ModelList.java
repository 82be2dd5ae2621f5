package io.bactrian.simulator;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;

/** The answer to {@code GET /v1/models}. */
final class ModelList {
    private ModelList() {}

    static byte[] json(SimulatedModelServerOptions options, Iterable<String> adapters, long createdSeconds) {
        ObjectNode list = JsonNodeFactory.instance.objectNode().put("object", "list");
        ArrayNode data = list.putArray("data");
        String base = options.models().get(0);
        for (String model : options.models()) {
            entry(data, model, createdSeconds)
                    .put("root", base)
                    .putNull("parent")
                    .put("max_model_len", options.maxModelTokens());
        }
        for (String adapter : adapters) {
            entry(data, adapter, createdSeconds).put("root", adapter).put("parent", base);
        }
        return list.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static ObjectNode entry(ArrayNode data, String id, long createdSeconds) {
        return data.addObject()
                .put("id", id)
                .put("object", "model")
                .put("created", createdSeconds)
                .put("owned_by", "bactrian-simulator");
    }
}
