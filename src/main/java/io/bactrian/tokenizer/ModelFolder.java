package io.bactrian.tokenizer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.bactrian.tokenizer.jinja.Template;
import io.bactrian.tokenizer.jinja.TemplateException;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a folder of HuggingFace's says about tokens: {@code tokenizer.json}, and if they are there {@code tokenizer_config.json}, {@code
 * special_tokens_map.json}, {@code chat_template.jinja} and {@code additional_chat_templates/*.jinja}. Nothing is downloaded. Every complaint is an
 * {@link ModelFolderException} that names the file.
 */
final class ModelFolder {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String TEMPLATE = "chat_template";

    private final Path folder;
    private final JsonNode config;

    ModelFolder(Path folder) {
        this.folder = folder;
        if (!Files.isDirectory(folder)) {
            throw wrong(folder, "no such folder");
        }
        this.config = json("tokenizer_config.json");
    }

    TextTokenizer tokenizer() {
        Path file = folder.resolve("tokenizer.json");
        try {
            return TextTokenizer.of(text(file));
        } catch (IllegalArgumentException e) {
            throw wrong(file, e.getMessage());
        }
    }

    /** Returns the tokens that are looked for in a text before anything else. */
    SpecialTokens specialTokens() {
        List<SpecialTokens.Token> tokens = new ArrayList<>();
        for (JsonNode token : json("tokenizer.json").path("added_tokens")) {
            String content = token.path("content").asText();
            if (!content.isEmpty() && !token.path("normalized").asBoolean()) {
                tokens.add(new SpecialTokens.Token(
                        content,
                        token.path("single_word").asBoolean(),
                        token.path("lstrip").asBoolean()));
            }
        }
        return new SpecialTokens(tokens);
    }

    /** Returns the chat templates by their names; none if the folder has none. */
    Map<String, Template> templates() {
        Map<String, Template> templates = new LinkedHashMap<>();
        JsonNode given = config.path(TEMPLATE);
        if (given.isTextual()) {
            templates.put(ChatTemplates.DEFAULT, parse(configFile(), given.textValue()));
        }
        for (JsonNode named : given) {
            String name = named.path("name").asText();
            templates.put(name, parse(configFile(), named.path("template").asText()));
        }
        for (Path file : files(folder.resolve("additional_chat_templates"))) {
            String name = String.valueOf(file.getFileName());
            templates.put(name.substring(0, name.length() - ".jinja".length()), parse(file, text(file)));
        }
        Path file = folder.resolve("chat_template.jinja");
        if (Files.exists(file)) {
            templates.put(ChatTemplates.DEFAULT, parse(file, text(file)));
        }
        if (!templates.isEmpty() && !templates.containsKey(ChatTemplates.DEFAULT)) {
            throw wrong(configFile(), "chat templates " + templates.keySet() + " (expected: one named default)");
        }
        return templates;
    }

    /** Returns tokens that templates know by a name, such as {@code bos_token}. */
    Map<String, String> namedTokens() {
        Map<String, String> named = new LinkedHashMap<>();
        addNamed(json("special_tokens_map.json"), named);
        addNamed(config.path("extra_special_tokens"), named);
        addNamed(config, named);
        return named;
    }

    private static void addNamed(JsonNode from, Map<String, String> named) {
        for (Map.Entry<String, JsonNode> entry : from.properties()) {
            JsonNode value = entry.getValue().isObject() ? entry.getValue().path("content") : entry.getValue();
            if (entry.getKey().endsWith("_token") && value.isTextual()) {
                named.put(entry.getKey(), value.textValue());
            }
        }
    }

    private Path configFile() {
        return folder.resolve("tokenizer_config.json");
    }

    private static Template parse(Path file, String source) {
        try {
            return Template.parse(source);
        } catch (TemplateException e) {
            throw wrong(file, "chat template, " + e.getMessage());
        }
    }

    private JsonNode json(String name) {
        Path file = folder.resolve(name);
        if (!Files.exists(file)) {
            return MissingNode.getInstance();
        }
        try {
            return MAPPER.readTree(text(file));
        } catch (JsonProcessingException e) {
            throw wrong(file, "no JSON: " + e.getOriginalMessage());
        }
    }

    private static List<Path> files(Path templates) {
        List<Path> files = new ArrayList<>();
        if (Files.isDirectory(templates)) {
            try (DirectoryStream<Path> found = Files.newDirectoryStream(templates, "*.jinja")) {
                found.forEach(files::add);
            } catch (IOException e) {
                throw wrong(templates, "cannot be read: " + e);
            }
        }
        return files;
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (MalformedInputException e) {
            throw wrong(file, "not in UTF-8");
        } catch (IOException e) {
            throw wrong(file, Files.exists(file) ? "cannot be read: " + e : "no such file");
        }
    }

    private static ModelFolderException wrong(Path file, @Nullable String problem) {
        return new ModelFolderException(file, problem);
    }
}
