package io.bactrian.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.bactrian.request.Api;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.tokenizer.jinja.Limits;
import io.bactrian.tokenizer.jinja.Template;
import io.bactrian.tokenizer.jinja.TemplateException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts in this process, with the tokenizer and the chat template of a model's folder. Texts that begin like an earlier one are
 * counted from where they differ.
 */
final class LocalTokenizer implements TokenBackend {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private static final Logger LOG = LoggerFactory.getLogger(LocalTokenizer.class);
    private static final String TOO_LONG = "the prompt is longer than maxPromptChars";

    /** Steps of a template for each character of the longest prompt: an ordinary one takes less than one. */
    private static final long STEPS_PER_CHAR = 16;

    private final TextTokenizer tokenizer;
    private final @Nullable ChatTemplates templates;
    private final PrefixCounts prefixes;
    private final int maxChars;
    private final Duration timeout;
    private final Executor threads;

    private LocalTokenizer(ModelFolder folder, PluginParameters local, InstantSource clock, Executor workers) {
        this.tokenizer = folder.tokenizer();
        Map<String, Template> read = folder.templates();
        this.templates = read.isEmpty()
                ? null
                : new ChatTemplates(
                        read, folder.namedTokens(), () -> clock.instant().atZone(ZoneId.systemDefault()));
        this.prefixes =
                new PrefixCounts(folder.specialTokens(), local.integer("cachedPrefixes", 65_536, 0, 10_000_000));
        this.maxChars = local.integer("maxPromptChars", 1_000_000, 1, 100_000_000);
        this.timeout = local.duration("timeout", Duration.ofSeconds(1));
        int processors = Runtime.getRuntime().availableProcessors();
        this.threads = new LimitedExecutor(workers, local.integer("threads", Math.max(1, processors / 2), 1, 1024));
    }

    /** Reads the folder; throws {@link IllegalArgumentException} naming the file that is wrong. */
    static LocalTokenizer create(PluginParameters local, InstantSource clock, Executor workers) {
        String folder = local.requiredText("folder");
        try {
            return new LocalTokenizer(new ModelFolder(Path.of(folder)), local, clock, workers);
        } catch (ModelFolderException e) {
            throw local.wrong("folder", e.problem(), "a folder with a tokenizer.json of HuggingFace");
        } catch (IllegalStateException e) {
            throw new IllegalArgumentException(local.pathOf("folder") + ": " + e.getMessage(), e);
        }
    }

    @Override
    public String name() {
        return "local";
    }

    @Override
    public boolean counts(Api api) {
        return switch (api) {
            case CHAT_COMPLETIONS, COMPLETIONS, EMBEDDINGS, MESSAGES, MESSAGES_COUNT_TOKENS -> true;
            default -> false;
        };
    }

    @Override
    public Duration timeout(boolean hasMedia) {
        return timeout;
    }

    @Override
    public boolean countsMedia() {
        return false;
    }

    @Override
    public Executor threads() {
        return threads;
    }

    @Override
    public CompletableFuture<Integer> count(Api api, byte[] body, Deadline deadline) {
        JsonNode tree = tree(body);
        int count =
                switch (api) {
                    case MESSAGES, MESSAGES_COUNT_TOKENS -> countChat(AnthropicChat.of(tree), deadline);
                    case CHAT_COMPLETIONS -> countChat(tree, deadline);
                    case EMBEDDINGS ->
                        tree.has("messages") ? countChat(tree, deadline) : countTexts(tree.path("input"), deadline);
                    default -> countTexts(tree.path("prompt"), deadline);
                };
        return CompletableFuture.completedFuture(count);
    }

    private static JsonNode tree(byte[] body) {
        try {
            return MAPPER.readTree(body);
        } catch (IOException e) {
            throw new UncheckedIOException("a body that was read before", e);
        }
    }

    private int countChat(JsonNode body, Deadline deadline) {
        if (templates == null) {
            throw new UncountableException("local has no chat template");
        }
        if (body.hasNonNull("chat_template")) {
            throw new UncountableException("the request brings its own chat template");
        }
        String text = render(templates, ChatReader.read(body, templates.readsParts()), deadline);
        return prefixes.count(text, part -> tokenizer.ids(part, false).length, deadline);
    }

    private String render(ChatTemplates chatTemplates, Chat chat, Deadline deadline) {
        try {
            return chatTemplates.render(chat, new Limits(maxChars, STEPS_PER_CHAR * maxChars, deadline::isOver));
        } catch (TemplateException e) {
            LOG.debug("a chat is not rendered", e);
            deadline.check();
            throw new UncountableException(e.isOverLimit() ? TOO_LONG : "the chat template of local refuses it");
        }
    }

    private int countTexts(JsonNode texts, Deadline deadline) {
        if (texts.isTextual()) {
            return countText(texts.textValue(), deadline);
        }
        int count = 0;
        for (JsonNode one : texts) {
            count += one.isTextual() ? countText(one.textValue(), deadline) : one.isArray() ? one.size() : 1;
        }
        return count;
    }

    private int countText(String text, Deadline deadline) {
        if (text.length() > maxChars) {
            throw new UncountableException(TOO_LONG);
        }
        deadline.check();
        return tokenizer.ids(text, true).length;
    }
}
