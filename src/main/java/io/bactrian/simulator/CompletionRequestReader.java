package io.bactrian.simulator;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import io.bactrian.simulator.engine.TokenIds;
import io.bactrian.simulator.text.DummyTokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Reads OpenAI completion bodies as vLLM would, refusing what it would refuse. */
final class CompletionRequestReader {
    private static final int MAX_CHOICES = 128;

    private static final ObjectReader JSON = new ObjectMapper(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxStringLength(Integer.MAX_VALUE)
                            .maxNestingDepth(128)
                            .build())
                    .build())
            .reader()
            .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private final SimulatedModelServerOptions options;
    private final ServedAdapters adapters;
    private final TransferRequestReader transfers;

    CompletionRequestReader(
            SimulatedModelServerOptions options, ServedAdapters adapters, TransferRequestReader transfers) {
        this.options = options;
        this.adapters = adapters;
        this.transfers = transfers;
    }

    /** Reads a body that must be a JSON object. */
    static JsonNode parse(InputStream body) throws RequestRefused {
        try {
            JsonNode json = JSON.readTree(body);
            if (json.isObject()) {
                return json;
            }
        } catch (JsonProcessingException e) {
            String where = e.getLocation() == null
                    ? ""
                    : " at line " + e.getLocation().getLineNr() + ", column "
                            + e.getLocation().getColumnNr();
            throw refuse("body: not JSON" + where + " (expected: a JSON object)", null);
        } catch (IOException e) {
            throw refuse("body: unreadable (expected: a JSON object)", null);
        }
        throw refuse("body: not an object (expected: a JSON object)", null);
    }

    CompletionRequest read(boolean isChat, JsonNode body, @Nullable String requestId) throws RequestRefused {
        String model = model(body);
        List<TokenIds> prompts = isChat ? List.of(chatPrompt(body)) : prompts(body.path("prompt"));
        OptionalInt maxTokens = count(body, "max_completion_tokens", 1);
        if (!isChat || maxTokens.isEmpty()) {
            maxTokens = count(body, "max_tokens", 1);
        }
        int minTokens = count(body, "min_tokens", 0).orElse(0);
        boolean ignoreEos = flag(body, "ignore_eos");
        if (ignoreEos && maxTokens.isEmpty()) {
            throw refuse("ignore_eos: true (expected: together with max_tokens)", "ignore_eos");
        }
        if (maxTokens.isPresent() && minTokens > maxTokens.getAsInt()) {
            throw refuse("min_tokens: " + minTokens + " (expected: <= max_tokens)", "min_tokens");
        }
        int choices = count(body, "n", 1).orElse(1);
        if (choices > MAX_CHOICES) {
            throw refuse("n: " + choices + " (expected: <= " + MAX_CHOICES + ")", "n");
        }
        checkContext(prompts, maxTokens.orElse(Math.max(1, minTokens)), isChat ? "messages" : "prompt");
        JsonNode streamOptions = body.path("stream_options");
        return new CompletionRequest(
                isChat,
                model,
                prompts,
                choices,
                maxTokens,
                minTokens,
                ignoreEos,
                flag(body, "stream"),
                streamOptions.isObject() && flag(streamOptions, "include_usage"),
                isGreedy(body.path("temperature")),
                seed(body.path("seed")),
                stop(body.path("stop")),
                text(body, "cache_salt"),
                transfers.read(body, prompts.size(), requestId));
    }

    /** Returns the tokens of the text called {@code prompt}. */
    TokenIds tokenize(JsonNode body) throws RequestRefused {
        model(body);
        JsonNode prompt = body.path("prompt");
        if (!prompt.isTextual()) {
            throw refuse("prompt: not a string (expected: text)", "prompt");
        }
        return DummyTokenizer.tokenize(prompt.textValue());
    }

    private String model(JsonNode body) throws RequestRefused {
        JsonNode model = body.path("model");
        if (model.isMissingNode() || model.isNull()) {
            return options.models().get(0);
        }
        if (!model.isTextual()) {
            throw refuse("model: not a string (expected: a model name)", "model");
        }
        if (!options.models().contains(model.textValue()) && !adapters.names().contains(model.textValue())) {
            throw new RequestRefused(
                    ApiError.of(404, "The model `" + model.textValue() + "` does not exist.", "model"));
        }
        return model.textValue();
    }

    private void checkContext(List<TokenIds> prompts, int answerTokens, String parameter) throws RequestRefused {
        for (TokenIds prompt : prompts) {
            if ((long) prompt.size() + answerTokens > options.maxModelTokens()) {
                throw refuse(
                        parameter + ": " + prompt.size() + " tokens, answer: " + answerTokens
                                + " (expected: together at most the context length of " + options.maxModelTokens()
                                + ")",
                        parameter);
            }
        }
    }

    /** Renders a chat as {@code ### role: content} lines, the template of llm-d's simulator. */
    private static TokenIds chatPrompt(JsonNode body) throws RequestRefused {
        JsonNode messages = body.path("messages");
        if (!messages.isArray() || messages.isEmpty()) {
            throw refuse("messages: none (expected: at least one)", "messages");
        }
        StringBuilder prompt = new StringBuilder();
        for (JsonNode message : messages) {
            if (!message.path("role").isTextual()) {
                throw refuse("messages: a message without role (expected: role and content)", "messages");
            }
            prompt.append("### ").append(message.path("role").textValue()).append(": ");
            appendContent(message.path("content"), prompt);
            prompt.append('\n');
        }
        return DummyTokenizer.tokenize(prompt.toString());
    }

    private static void appendContent(JsonNode content, StringBuilder prompt) throws RequestRefused {
        if (content.isTextual()) {
            prompt.append(content.textValue());
        } else if (content.isArray()) {
            String separator = "";
            for (JsonNode part : content) {
                prompt.append(separator);
                if (part.path("text").isTextual()) {
                    prompt.append(part.path("text").textValue());
                } else if (part.path("image_url").path("url").isTextual()) {
                    prompt.append("image: ")
                            .append(part.path("image_url").path("url").textValue());
                }
                separator = "\n";
            }
        } else if (!content.isMissingNode() && !content.isNull()) {
            throw refuse("messages: content is neither text nor parts (expected: a string or an array)", "messages");
        }
    }

    private static List<TokenIds> prompts(JsonNode prompt) throws RequestRefused {
        if (prompt.isTextual()) {
            return List.of(nonEmpty(DummyTokenizer.tokenize(prompt.textValue())));
        }
        if (!prompt.isArray() || prompt.isEmpty()) {
            throw refuse("prompt: none (expected: text, token ids, or an array of them)", "prompt");
        }
        if (prompt.get(0).isNumber()) {
            return List.of(tokenIds(prompt));
        }
        List<TokenIds> prompts = new ArrayList<>();
        for (JsonNode one : prompt) {
            if (one.isTextual()) {
                prompts.add(nonEmpty(DummyTokenizer.tokenize(one.textValue())));
            } else {
                prompts.add(nonEmpty(tokenIds(one)));
            }
        }
        return prompts;
    }

    private static TokenIds tokenIds(JsonNode array) throws RequestRefused {
        TokenIds tokens = new TokenIds(array.size());
        for (JsonNode id : array) {
            if (!id.isIntegralNumber() || !id.canConvertToLong() || id.longValue() < 0 || id.longValue() >> 32 != 0) {
                throw refuse("prompt: " + id + " (expected: token ids from 0 to 4294967295)", "prompt");
            }
            tokens.add((int) id.longValue());
        }
        return tokens;
    }

    private static TokenIds nonEmpty(TokenIds prompt) throws RequestRefused {
        if (prompt.size() == 0) {
            throw refuse("prompt: 0 tokens (expected: >= 1)", "prompt");
        }
        return prompt;
    }

    private static OptionalInt count(JsonNode body, String field, int least) throws RequestRefused {
        JsonNode value = body.path(field);
        if (value.isMissingNode() || value.isNull()) {
            return OptionalInt.empty();
        }
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < least) {
            throw refuse(field + ": " + value + " (expected: a whole number >= " + least + ")", field);
        }
        return OptionalInt.of(value.intValue());
    }

    private static boolean flag(JsonNode body, String field) throws RequestRefused {
        JsonNode value = body.path(field);
        if (value.isMissingNode() || value.isNull() || value.isBoolean()) {
            return value.booleanValue();
        }
        throw refuse(field + ": not a boolean (expected: true or false)", field);
    }

    private static boolean isGreedy(JsonNode temperature) throws RequestRefused {
        if (temperature.isMissingNode() || temperature.isNull()) {
            return false;
        }
        if (!temperature.isNumber() || temperature.doubleValue() < 0) {
            throw refuse("temperature: " + temperature + " (expected: >= 0)", "temperature");
        }
        return temperature.doubleValue() == 0;
    }

    private static OptionalLong seed(JsonNode seed) throws RequestRefused {
        if (seed.isMissingNode() || seed.isNull()) {
            return OptionalLong.empty();
        }
        if (!seed.isIntegralNumber() || !seed.canConvertToLong()) {
            throw refuse("seed: " + seed + " (expected: a whole number of 64 bits)", "seed");
        }
        return OptionalLong.of(seed.longValue());
    }

    private static List<String> stop(JsonNode stop) throws RequestRefused {
        if (stop.isMissingNode() || stop.isNull()) {
            return List.of();
        }
        if (stop.isTextual()) {
            return List.of(stop.textValue());
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode text : stop) {
            if (!text.isTextual()) {
                throw refuse("stop: " + text + " (expected: text)", "stop");
            }
            texts.add(text.textValue());
        }
        return texts;
    }

    private static String text(JsonNode body, String field) throws RequestRefused {
        JsonNode value = body.path(field);
        if (value.isMissingNode() || value.isNull()) {
            return "";
        }
        if (!value.isTextual()) {
            throw refuse(field + ": not a string (expected: text)", field);
        }
        return value.textValue();
    }

    private static RequestRefused refuse(String message, @Nullable String parameter) {
        return new RequestRefused(ApiError.badRequest(message, parameter));
    }
}
