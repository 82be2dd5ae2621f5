package io.bactrian.shipped;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Tells what is wrong with a document, one line a fault. Camel's schemas take hundreds of megabytes, and would make each collection of
 * garbage slow that later tests ask for: whoever is done with one closes it.
 */
final class StrictSchema implements AutoCloseable {
    private @Nullable JsonSchema schema;

    private StrictSchema(JsonNode schema) {
        this.schema = JsonSchemaFactory.getInstance(VersionFlag.V4).getSchema(schema);
    }

    /** Returns the schema at {@code resource} of the class path. */
    static StrictSchema ofResource(String resource) {
        try (InputStream in = StrictSchema.class.getResourceAsStream(resource)) {
            return new StrictSchema(YamlFiles.MAPPER.readTree(Objects.requireNonNull(in, resource)));
        } catch (IOException e) {
            throw new UncheckedIOException("reading " + resource, e);
        }
    }

    /**
     * Returns the schema of {@code version} of a custom resource. An API server drops fields it does not know without a
     * word; here they are faults.
     */
    static StrictSchema ofCustomResource(Path definition, String version) {
        for (JsonNode candidate : YamlFiles.read(definition).at("/spec/versions")) {
            if (candidate.path("name").asText().equals(version)) {
                JsonNode schema = candidate.at("/schema/openAPIV3Schema").deepCopy();
                closeObjects(schema);
                return new StrictSchema(schema);
            }
        }
        throw new IllegalArgumentException(definition + " has no version " + version);
    }

    private static void closeObjects(JsonNode schema) {
        schema.path("properties").forEach(StrictSchema::closeObjects);
        closeObjectsIn(schema.path("items"));
        closeObjectsIn(schema.path("additionalProperties"));
        if (schema.path("properties").isObject()
                && !schema.has("additionalProperties")
                && !schema.path("x-kubernetes-preserve-unknown-fields").asBoolean()) {
            ((ObjectNode) schema).put("additionalProperties", false);
        }
    }

    private static void closeObjectsIn(JsonNode schema) {
        if (schema.isObject()) {
            closeObjects(schema);
        }
    }

    /** Returns what is wrong with {@code document}. */
    List<String> faults(JsonNode document) {
        return Objects.requireNonNull(schema, "closed").validate(document).stream()
                .map(fault -> fault.getInstanceLocation() + ": " + fault.getMessage())
                .sorted()
                .toList();
    }

    @Override
    public void close() {
        schema = null;
    }
}
