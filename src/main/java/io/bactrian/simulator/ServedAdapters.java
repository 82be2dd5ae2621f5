package io.bactrian.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The LoRA adapters that a server answers to; vLLM lets them come and go by {@code /v1/load_lora_adapter}. */
final class ServedAdapters {
    private final List<String> models;
    private final Set<String> names;

    ServedAdapters(SimulatedModelServerOptions options) {
        this.models = options.models();
        this.names = new LinkedHashSet<>(options.adapters());
    }

    /** Returns their names, in the order in which they came. */
    Set<String> names() {
        return names;
    }

    void load(JsonNode body) throws RequestRefused {
        String name = name(body);
        if (body.path("lora_path").asText("").isEmpty()) {
            throw new RequestRefused(ApiError.badRequest("lora_path: missing (expected: a string)", "lora_path"));
        }
        if (models.contains(name) || !names.add(name)) {
            throw new RequestRefused(
                    ApiError.badRequest("lora_name: " + name + " (expected: a name that is not served)", "lora_name"));
        }
    }

    void unload(JsonNode body) throws RequestRefused {
        String name = name(body);
        if (!names.remove(name)) {
            throw new RequestRefused(ApiError.of(404, "lora_name: " + name + " (expected: one of " + names + ")"));
        }
    }

    private static String name(JsonNode body) throws RequestRefused {
        String name = body.path("lora_name").asText("");
        if (name.isEmpty()) {
            throw new RequestRefused(ApiError.badRequest("lora_name: missing (expected: a string)", "lora_name"));
        }
        return name;
    }
}
