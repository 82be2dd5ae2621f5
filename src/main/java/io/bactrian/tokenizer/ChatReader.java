package io.bactrian.tokenizer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the body of a chat completion as vLLM prepares it for a template: a message's parts become its text, unless the template goes
 * through parts; the arguments of calls, which are JSON in a string, become objects; what a template should not see is left out.
 */
final class ChatReader {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final List<String> KEPT = List.of("name", "tool_call_id");

    private ChatReader() {}

    /** @param asParts whether the template goes through the parts of a message */
    static Chat read(JsonNode body, boolean asParts) {
        List<Map<String, Object>> messages = new ArrayList<>();
        body.path("messages").forEach(message -> messages.add(message(message, asParts)));
        Map<String, Object> variables = new LinkedHashMap<>();
        String effort = body.path("reasoning_effort").asText("");
        if (!effort.isEmpty() && !body.path("reasoning_effort").isNull()) {
            variables.put("reasoning_effort", effort);
            variables.put("enable_thinking", !effort.equals("none"));
        }
        variables.putAll(JsonValues.map(body.path("chat_template_kwargs")));
        return new Chat(
                messages,
                JsonValues.list(body.path("tools")),
                JsonValues.list(body.path("documents")),
                body.path("add_generation_prompt").asBoolean(true),
                body.path("continue_final_message").asBoolean(false),
                variables);
    }

    private static Map<String, Object> message(JsonNode message, boolean asParts) {
        String role = message.path("role").asText("");
        Map<String, Object> read = new LinkedHashMap<>();
        read.put("role", role);
        JsonNode content = message.path("content");
        read.put("content", asParts && !role.equals("tool") ? parts(content) : text(content));
        for (String name : KEPT) {
            if (message.path(name).isTextual()) {
                read.put(name, message.path(name).textValue());
            }
        }
        if (role.equals("assistant")) {
            addAnswer(message, read);
        }
        if (role.equals("developer") && message.path("tools").isArray()) {
            read.put("tools", JsonValues.list(message.path("tools")));
        }
        return read;
    }

    private static void addAnswer(JsonNode message, Map<String, Object> read) {
        List<Object> calls = new ArrayList<>();
        message.path("tool_calls").forEach(call -> calls.add(call(call)));
        if (!calls.isEmpty()) {
            read.put("tool_calls", calls);
        }
        JsonNode reasoning = message.has("reasoning") ? message.path("reasoning") : message.path("reasoning_content");
        if (reasoning.isTextual()) {
            read.put("reasoning", reasoning.textValue());
            read.put("reasoning_content", reasoning.textValue());
        }
    }

    private static Map<String, Object> call(JsonNode call) {
        Map<String, Object> read = JsonValues.map(call);
        if (call.path("function").isObject()) {
            Map<String, Object> function = JsonValues.map(call.path("function"));
            function.put("arguments", arguments(call.path("function").path("arguments")));
            read.put("function", function);
        }
        return read;
    }

    /** What is no JSON is in the conversation for good: engines take it for an object without members. */
    private static Object arguments(JsonNode given) {
        try {
            JsonNode arguments = given.isTextual() ? MAPPER.readTree(given.textValue()) : given;
            return arguments.isObject() ? JsonValues.map(arguments) : Map.of();
        } catch (JsonProcessingException e) {
            return Map.of();
        }
    }

    private static String text(JsonNode content) {
        List<String> texts = new ArrayList<>();
        if (content.isTextual()) {
            texts.add(content.textValue());
        }
        for (JsonNode part : content) {
            JsonNode text = textOf(part);
            if (text.isTextual()) {
                texts.add(text.textValue());
            }
        }
        return String.join("\n", texts);
    }

    private static List<Object> parts(JsonNode content) {
        List<Object> parts = new ArrayList<>();
        if (content.isTextual()) {
            parts.add(textPart(content.textValue()));
        }
        for (JsonNode part : content) {
            JsonNode text = textOf(part);
            parts.add(text.isTextual() ? textPart(text.textValue()) : Map.of("type", modality(part)));
        }
        return parts;
    }

    private static Map<String, Object> textPart(String text) {
        return Map.of("type", "text", "text", text);
    }

    private static JsonNode textOf(JsonNode part) {
        if (part.isTextual()) {
            return part;
        }
        return part.has("text") ? part.path("text") : part.path("refusal");
    }

    private static String modality(JsonNode part) {
        String type = part.path("type").asText("");
        for (String modality : List.of("image", "video", "audio")) {
            if (type.contains(modality)) {
                return modality;
            }
        }
        return type;
    }
}
