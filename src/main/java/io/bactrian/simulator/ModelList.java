package io.bactrian.simulator;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;

/** The answer to {@code GET /v1/models}. */
final class ModelList {
    private ModelList() {}

    static byte[] json(SimulatedModelServerOptions options, long createdSeconds) {
        ObjectNode list = JsonNodeFactory.instance.objectNode().put("object", "list");
        ArrayNode data = list.putArray("data");
        for (String model : options.models()) {
            data.addObject()
                    .put("id", model)
                    .put("object", "model")
                    .put("created", createdSeconds)
                    .put("owned_by", "bactrian-simulator")
                    .put("root", options.models().get(0))
                    .putNull("parent")
                    .put("max_model_len", options.maxModelTokens());
        }
        return list.toString().getBytes(StandardCharsets.UTF_8);
    }
}
