package io.bactrian.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collection;

/** Writes the answer to {@code GET /v1/models}. */
public final class ModelsBody {
    private static final JsonFactory FACTORY = new JsonFactory();
    private static final String OWNER = "bactrian";

    private ModelsBody() {}

    /**
     * Returns the JSON that lists {@code models} in their order.
     *
     * @param created when they came to be, in seconds since 1970; 0 if unknown
     */
    public static byte[] json(Collection<String> models, long created) {
        ByteArrayOutputStream body = new ByteArrayOutputStream(64 + 96 * models.size());
        try (JsonGenerator json = FACTORY.createGenerator(body)) {
            json.writeStartObject();
            json.writeStringField("object", "list");
            json.writeArrayFieldStart("data");
            for (String model : models) {
                json.writeStartObject();
                json.writeStringField("id", model);
                json.writeStringField("object", "model");
                json.writeNumberField("created", created);
                json.writeStringField("owned_by", OWNER);
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return body.toByteArray();
    }
}
