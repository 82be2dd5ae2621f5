package io.bactrian.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.bactrian.request.ErrorCode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Writes errors as OpenAI's clients expect them: {@code {"error":{"message","type","param","code"}}}. */
public final class ErrorBody {
    private static final JsonFactory FACTORY = new JsonFactory();
    private static final byte[] DATA = "data: ".getBytes(StandardCharsets.US_ASCII);

    private ErrorBody() {}

    /**
     * Returns the JSON of an error.
     *
     * @param param the request's member that is wrong, if it is one
     */
    public static byte[] json(ErrorCode code, String message, @Nullable String param) {
        ByteArrayOutputStream body = new ByteArrayOutputStream(256);
        write(body, code, message, param);
        return body.toByteArray();
    }

    /** Returns an error as a server-sent event, for a stream that has begun. */
    public static byte[] event(ErrorCode code, String message) {
        ByteArrayOutputStream event = new ByteArrayOutputStream(256);
        event.writeBytes(DATA);
        write(event, code, message, null);
        event.write('\n');
        event.write('\n');
        return event.toByteArray();
    }

    private static void write(ByteArrayOutputStream target, ErrorCode code, String message, @Nullable String param) {
        try (JsonGenerator json = FACTORY.createGenerator(target)) {
            json.writeStartObject();
            json.writeObjectFieldStart("error");
            json.writeStringField("message", message);
            json.writeStringField("type", code.type());
            json.writeStringField("param", param);
            json.writeStringField("code", code.code());
            json.writeEndObject();
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
