package io.bactrian.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bactrian.request.Api;
import io.bactrian.scheduling.PluginParameters;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** Has a model server count: vLLM's render endpoints, as llm-d does, or {@code /tokenize}, which vLLM and SGLang have. */
final class ServerTokenizer implements TokenBackend {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** What {@code /tokenize} knows of a chat; vLLM refuses the rest. */
    private static final List<String> OF_CHATS = List.of(
            "messages",
            "tools",
            "add_generation_prompt",
            "continue_final_message",
            "chat_template_kwargs",
            "mm_processor_kwargs");

    private final String name;
    private final CountClient client;
    private final String model;
    private final boolean renders;
    private final Duration timeout;
    private final Duration mediaTimeout;
    private final Executor workers;

    private ServerTokenizer(String name, boolean renders, String model, PluginParameters given, Executor workers) {
        this.name = name;
        this.renders = renders;
        this.model = model;
        this.timeout = given.duration("timeout", Duration.ofSeconds(5));
        this.mediaTimeout = given.duration("mmTimeout", Duration.ofSeconds(30));
        if (timeout.isNegative()) {
            throw given.wrong("timeout", timeout, "more than 0");
        }
        this.client = new CountClient(address(given), timeout, workers);
        this.workers = workers;
    }

    private static URI address(PluginParameters given) {
        String url = given.text("url", "http://localhost:8000");
        try {
            URI address = URI.create(url);
            if (address.getHost() != null && Set.of("http", "https").contains(String.valueOf(address.getScheme()))) {
                return address;
            }
        } catch (IllegalArgumentException e) {
            throw given.wrong("url", url, "an address such as http://localhost:8000");
        }
        throw given.wrong("url", url, "an address such as http://localhost:8000");
    }

    /** Returns one that renders, by llm-d's key {@code vllm}. */
    static ServerTokenizer rendering(String model, PluginParameters vllm, Executor workers) {
        return new ServerTokenizer("vllm", true, model, vllm, workers);
    }

    /** @param model empty for the server's own */
    static ServerTokenizer tokenizing(String model, PluginParameters tokenize, Executor workers) {
        return new ServerTokenizer("tokenize", false, model, tokenize, workers);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean counts(Api api) {
        return switch (api) {
            case CHAT_COMPLETIONS, COMPLETIONS, MESSAGES, MESSAGES_COUNT_TOKENS -> true;
            default -> false;
        };
    }

    @Override
    public Duration timeout(boolean hasMedia) {
        return hasMedia ? mediaTimeout : timeout;
    }

    @Override
    public boolean countsMedia() {
        return true;
    }

    @Override
    public Executor threads() {
        return workers;
    }

    @Override
    public CompletableFuture<Integer> count(Api api, byte[] body, Deadline deadline) {
        ObjectNode tree = tree(body);
        boolean isText = api == Api.COMPLETIONS;
        ObjectNode chat = isText || api == Api.CHAT_COMPLETIONS ? tree : AnthropicChat.of(tree);
        if (renders) {
            String path = isText ? "/v1/completions/render" : "/v1/chat/completions/render";
            return client.count(path, chat.put("model", model), AnswerCount.Counted.TOKEN_IDS, deadline.left());
        }
        JsonNode asked = isText ? text(tree.path("prompt")) : chat.retain(OF_CHATS);
        if (!model.isEmpty()) {
            ((ObjectNode) asked).put("model", model);
        }
        return client.count("/tokenize", asked, AnswerCount.Counted.COUNT, deadline.left());
    }

    private static ObjectNode text(JsonNode prompt) {
        if (!prompt.isTextual()) {
            throw new UncountableException("tokenize takes one prompt of text");
        }
        return MAPPER.createObjectNode().put("prompt", prompt.textValue());
    }

    private static ObjectNode tree(byte[] body) {
        try {
            return (ObjectNode) MAPPER.readTree(body);
        } catch (IOException e) {
            throw new UncheckedIOException("a body that was read before", e);
        }
    }
}
