package io.bactrian.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import io.bactrian.tokenizer.jinja.Template;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Turns JSON into the values that templates know. */
final class JsonValues {
    private JsonValues() {}

    static Object of(JsonNode node) {
        return switch (node.getNodeType()) {
            case STRING -> node.textValue();
            case BOOLEAN -> node.booleanValue();
            case NUMBER -> number(node);
            case ARRAY -> list(node);
            case OBJECT -> map(node);
            default -> Template.none();
        };
    }

    private static Object number(JsonNode node) {
        if (node.isBigInteger()) {
            return node.bigIntegerValue();
        }
        return node.isIntegralNumber() ? (Object) node.longValue() : node.doubleValue();
    }

    static List<Object> list(JsonNode node) {
        List<Object> list = new ArrayList<>(node.size());
        node.forEach(item -> list.add(of(item)));
        return list;
    }

    static Map<String, Object> map(JsonNode node) {
        Map<String, Object> map = new LinkedHashMap<>();
        node.properties().forEach(entry -> map.put(entry.getKey(), of(entry.getValue())));
        return map;
    }
}
