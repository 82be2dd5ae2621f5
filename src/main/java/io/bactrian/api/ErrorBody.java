package io.bactrian.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.bactrian.request.ErrorCode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Writes errors as the clients of each {@link Dialect} expect them. */
public final class ErrorBody {
    private static final JsonFactory FACTORY = new JsonFactory();
    private static final byte[] DATA = "data: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NAMED = "event: error\ndata: ".getBytes(StandardCharsets.US_ASCII);

    private ErrorBody() {}

    /**
     * Returns the JSON of an error.
     *
     * @param param the request's member that is wrong, if it is one
     */
    public static byte[] json(Dialect dialect, ErrorCode code, String message, @Nullable String param) {
        ByteArrayOutputStream body = new ByteArrayOutputStream(256);
        if (dialect == Dialect.ANTHROPIC) {
            write(body, json -> anthropic(json, code, message));
        } else {
            write(body, json -> openAi(json, code, message, param));
        }
        return body.toByteArray();
    }

    /** Returns an error as a server-sent event, for a stream that has begun. */
    public static byte[] event(Dialect dialect, ErrorCode code, String message) {
        ByteArrayOutputStream event = new ByteArrayOutputStream(256);
        event.writeBytes(dialect == Dialect.OPENAI ? DATA : NAMED);
        write(event, json -> {
            switch (dialect) {
                case OPENAI -> openAi(json, code, message, null);
                case RESPONSES -> responses(json, code, message);
                case ANTHROPIC -> anthropic(json, code, message);
            }
        });
        event.write('\n');
        event.write('\n');
        return event.toByteArray();
    }

    private interface Content {
        void writeTo(JsonGenerator json) throws IOException;
    }

    private static void write(ByteArrayOutputStream target, Content content) {
        try (JsonGenerator json = FACTORY.createGenerator(target)) {
            json.writeStartObject();
            content.writeTo(json);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void openAi(JsonGenerator json, ErrorCode code, String message, @Nullable String param)
            throws IOException {
        json.writeObjectFieldStart("error");
        json.writeStringField("message", message);
        json.writeStringField("type", code.type());
        json.writeStringField("param", param);
        json.writeStringField("code", code.code());
        json.writeEndObject();
    }

    private static void responses(JsonGenerator json, ErrorCode code, String message) throws IOException {
        json.writeStringField("type", "error");
        json.writeStringField("code", code.code());
        json.writeStringField("message", message);
        json.writeNullField("param");
    }

    private static void anthropic(JsonGenerator json, ErrorCode code, String message) throws IOException {
        json.writeStringField("type", "error");
        json.writeObjectFieldStart("error");
        json.writeStringField("type", Dialect.anthropicType(code));
        json.writeStringField("message", message);
        json.writeEndObject();
    }
}
