package io.bactrian.engine;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import io.bactrian.endpoint.EndpointMetrics;
import io.bactrian.endpoint.ServedModels;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code {"data":[{"id":...,"parent":...}]}}, as vLLM and SGLang list their models: an adapter names the model it belongs
 * to as its parent. A list that cannot be read leaves what was known before.
 */
final class ModelListReader implements PageReader {
    /** More than any server serves: a longer list is a fault of the page. */
    private static final int MAX_MODELS = 10_000;

    private static final int MAX_DEPTH = 32;
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
            .build();

    private final Duration slack;
    private final ByteArrayOutputStream page = new ByteArrayOutputStream(); // as long as the source lets a page be
    private boolean lacked;

    ModelListReader(Duration slack) {
        this.slack = slack;
    }

    @Override
    public void reset() {
        page.reset();
    }

    @Override
    public void feed(ByteBuffer piece) {
        byte[] bytes = new byte[piece.remaining()];
        piece.get(piece.position(), bytes);
        page.writeBytes(bytes);
    }

    @Override
    public EndpointMetrics finish(EndpointMetrics previous, Instant observedAt) {
        List<ServedModels.Model> models = read();
        lacked = models == null;
        reset();
        return models == null ? previous : previous.withModels(new ServedModels(models, observedAt, slack));
    }

    @Override
    public boolean lacked() {
        return lacked;
    }

    /** Returns the models of the page; null if it is no list of models. */
    private @Nullable List<ServedModels.Model> read() {
        try (JsonParser parser = JSON.createParser(page.toByteArray())) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return null;
            }
            List<ServedModels.Model> models = null;
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                boolean isData = parser.currentName().equals("data");
                if (parser.nextToken() == JsonToken.START_ARRAY && isData) {
                    models = readList(parser);
                } else {
                    parser.skipChildren();
                }
            }
            return parser.currentToken() == JsonToken.END_OBJECT ? models : null;
        } catch (IOException e) {
            return null; // not JSON: the model server may still be starting
        }
    }

    private static List<ServedModels.Model> readList(JsonParser parser) throws IOException {
        List<ServedModels.Model> models = new ArrayList<>();
        while (parser.nextToken() == JsonToken.START_OBJECT) {
            String id = "";
            String parent = "";
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String field = parser.currentName();
                boolean isText = parser.nextToken() == JsonToken.VALUE_STRING;
                if (isText && field.equals("id")) {
                    id = parser.getText();
                } else if (isText && field.equals("parent")) {
                    parent = parser.getText();
                } else {
                    parser.skipChildren();
                }
            }
            if (!id.isEmpty() && models.size() < MAX_MODELS) {
                models.add(new ServedModels.Model(id, parent));
            }
        }
        if (parser.currentToken() != JsonToken.END_ARRAY) {
            throw new IOException("data: " + parser.currentToken() + " (expected: a list of models)");
        }
        return models;
    }
}
