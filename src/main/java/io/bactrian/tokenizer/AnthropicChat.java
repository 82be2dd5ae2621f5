package io.bactrian.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bactrian.tokenizer.jinja.PythonJson;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns Anthropic's messages into a chat of OpenAI's, as vLLM does before it renders them: the system's text is a message, {@code tool_use}
 * a call whose arguments are written as Python writes them, {@code tool_result} a message of the tool, followed by one of the user with its
 * pictures, and {@code thinking} the message's {@code reasoning}.
 */
final class AnthropicChat {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** Begins a block of some clients that is another with each request; engines leave it out. */
    private static final String BILLING = "x-anthropic-billing-header";

    private final ArrayNode messages = MAPPER.createArrayNode();

    private AnthropicChat() {}

    /** Returns a chat with the model, the messages and the tools of {@code body}. */
    static ObjectNode of(JsonNode body) {
        AnthropicChat chat = new AnthropicChat();
        chat.addSystem(body.path("system"));
        body.path("messages").forEach(chat::add);
        ObjectNode converted = MAPPER.createObjectNode();
        converted.set("model", body.path("model"));
        converted.set("messages", chat.messages);
        addTools(body.path("tools"), converted);
        if (body.path("chat_template_kwargs").isObject()) {
            converted.set("chat_template_kwargs", body.path("chat_template_kwargs"));
        }
        String effort = body.path("thinking").path("type").asText().equals("disabled")
                ? "none"
                : body.path("output_config").path("effort").asText("");
        if (!effort.isEmpty()) {
            converted.put("reasoning_effort", effort);
        }
        return converted;
    }

    private static void addTools(JsonNode tools, ObjectNode chat) {
        if (tools.isEmpty()) {
            return;
        }
        ArrayNode converted = chat.putArray("tools");
        for (JsonNode tool : tools) {
            ObjectNode function = converted.addObject().put("type", "function").putObject("function");
            function.set("name", tool.path("name"));
            if (tool.has("description")) {
                function.set("description", tool.path("description"));
            }
            function.set("parameters", tool.path("input_schema"));
        }
    }

    private void addSystem(JsonNode system) {
        String text = textOf(system);
        if (!text.isEmpty()) {
            addMessage("system").put("content", text);
        }
    }

    private static String textOf(JsonNode content) {
        StringBuilder text = new StringBuilder(content.asText(""));
        for (JsonNode block : content) {
            String part = block.path("text").asText("");
            if (block.path("type").asText().equals("text") && !part.startsWith(BILLING)) {
                text.append(part);
            }
        }
        return text.toString();
    }

    private ObjectNode addMessage(String role) {
        return messages.addObject().put("role", role);
    }

    private void add(JsonNode message) {
        String role = message.path("role").asText();
        JsonNode content = message.path("content");
        if (role.equals("system")) {
            addSystem(content);
        } else if (content.isTextual()) {
            addMessage(role).put("content", content.textValue());
        } else {
            addBlocks(role, content);
        }
    }

    private void addBlocks(String role, JsonNode blocks) {
        ObjectNode converted = MAPPER.createObjectNode().put("role", role);
        ArrayNode parts = MAPPER.createArrayNode();
        ArrayNode calls = MAPPER.createArrayNode();
        StringBuilder thoughts = new StringBuilder();
        boolean thinks = false;
        for (JsonNode block : blocks) {
            switch (block.path("type").asText()) {
                case "text" -> addText(parts, block.path("text").asText(""));
                case "image" -> addPicture(parts, block.path("source"));
                case "thinking" -> {
                    thinks = true;
                    thoughts.append(block.path("thinking").asText(""));
                }
                case "tool_use" -> addCall(calls, block);
                case "tool_result" -> addResult(role, block, parts);
                default -> {
                    // redacted thoughts and the like are nothing that a template could write
                }
            }
        }
        if (thinks) {
            converted.put("reasoning", thoughts.toString());
        }
        if (!calls.isEmpty()) {
            converted.set("tool_calls", calls);
        }
        if (parts.size() == 1 && parts.get(0).path("type").asText().equals("text")) {
            converted.set("content", parts.get(0).path("text"));
        } else if (!parts.isEmpty()) {
            converted.set("content", parts);
        }
        if (!role.equals("user") || converted.has("content")) {
            messages.add(converted);
        }
    }

    private static void addText(ArrayNode parts, String text) {
        if (!text.isEmpty()) {
            parts.addObject().put("type", "text").put("text", text);
        }
    }

    private static void addPicture(ArrayNode parts, JsonNode source) {
        parts.addObject().put("type", "image_url").putObject("image_url").put("url", addressOf(source));
    }

    private static String addressOf(JsonNode source) {
        if (source.path("type").asText().equals("url")) {
            return source.path("url").asText("");
        }
        return "data:" + source.path("media_type").asText("image/jpeg") + ";base64,"
                + source.path("data").asText("");
    }

    private static void addCall(ArrayNode calls, JsonNode block) {
        JsonNode input = block.path("input");
        calls.addObject()
                .put("id", block.path("id").asText(""))
                .put("type", "function")
                .putObject("function")
                .put("name", block.path("name").asText(""))
                .put("arguments", input.isEmpty() ? "{}" : PythonJson.write(JsonValues.of(input)));
    }

    /** A result stands before the message it is in, whose other blocks follow. */
    private void addResult(String role, JsonNode block, ArrayNode parts) {
        JsonNode content = block.path("content");
        if (!role.equals("user")) {
            addText(parts, "Tool result: " + (content.isTextual() ? content.textValue() : content.toString()));
            return;
        }
        List<String> texts = new ArrayList<>();
        ArrayNode pictures = MAPPER.createArrayNode();
        for (JsonNode item : content) {
            switch (item.path("type").asText()) {
                case "text" -> texts.add(item.path("text").asText(""));
                case "image" -> addPicture(pictures, item.path("source"));
                default -> {
                    // what else a result may hold is no text
                }
            }
        }
        addMessage("tool")
                .put("tool_call_id", block.path("tool_use_id").asText(""))
                .put("content", content.isTextual() ? content.textValue() : String.join("\n", texts));
        if (!pictures.isEmpty()) {
            addMessage("user").set("content", pictures);
        }
    }
}
