package io.bactrian.config;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.LoaderOptions;

/** Reads YAML, of which JSON is a part. What is given twice in one place is refused. */
final class YamlReader {
    private static final int MAX_ALIASES = 50;
    private static final int MAX_DEPTH = 50;

    private static final ObjectMapper MAPPER = new ObjectMapper(
                    YAMLFactory.builder().loaderOptions(loaderOptions()).build())
            .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);

    private YamlReader() {}

    private static LoaderOptions loaderOptions() {
        LoaderOptions options = new LoaderOptions();
        options.setMaxAliasesForCollections(MAX_ALIASES);
        options.setNestingDepthLimit(MAX_DEPTH);
        options.setAllowDuplicateKeys(false);
        return options;
    }

    /**
     * Returns the documents of {@code content}, empty ones left out.
     *
     * @throws IllegalArgumentException with line and column, if it is no YAML
     */
    static List<JsonNode> documents(byte[] content) {
        try (YAMLParser parser = (YAMLParser) MAPPER.createParser(content);
                MappingIterator<JsonNode> nodes =
                        MAPPER.readerFor(JsonNode.class).readValues(parser)) {
            List<JsonNode> documents = new ArrayList<>();
            while (nodes.hasNextValue()) {
                JsonNode node = nodes.nextValue();
                if (node != null && !node.isMissingNode() && !node.isNull()) {
                    documents.add(node);
                }
            }
            return documents;
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(place(e.getLocation()) + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    /**
     * Returns the one object that {@code content} is.
     *
     * @throws IllegalArgumentException with line and column, if it is no YAML; with {@code expected}, if it is not one object
     */
    static Map<String, Object> object(byte[] content, String expected) {
        List<JsonNode> documents = documents(content);
        if (documents.size() != 1 || !documents.get(0).isObject()) {
            throw new IllegalArgumentException("documents: " + documents.size() + " (expected: " + expected + ")");
        }
        return MAPPER.convertValue(documents.get(0), new TypeReference<Map<String, Object>>() {});
    }

    private static String place(@org.jspecify.annotations.Nullable JsonLocation at) {
        return at == null ? "" : "line " + at.getLineNr() + ", column " + at.getColumnNr() + ": ";
    }
}
