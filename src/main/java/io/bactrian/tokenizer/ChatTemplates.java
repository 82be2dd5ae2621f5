package io.bactrian.tokenizer;

import io.bactrian.tokenizer.jinja.Limits;
import io.bactrian.tokenizer.jinja.Template;
import io.bactrian.tokenizer.jinja.TemplateException;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** The chat templates of a model, rendered as {@code apply_chat_template} of HuggingFace's transformers does. Safe between threads. */
final class ChatTemplates {
    static final String DEFAULT = "default";
    private static final String WITH_TOOLS = "tool_use";

    /** Where the last message ends in the text, so that what stands behind it can be cut off. */
    private static final String END_OF_MESSAGE = "CONTINUE_FINAL_MESSAGE_TAG ";

    /** Names of a model's thoughts in messages; the first is what templates read. */
    private static final List<String> THOUGHTS = List.of("reasoning_content", "thinking", "reasoning");

    private final Map<String, Template> templates;
    private final Map<String, Object> specialTokens;
    private final Supplier<ZonedDateTime> now;
    private final boolean readsParts;

    /**
     * @param templates by their names, {@link #DEFAULT} among them
     * @param specialTokens such as {@code bos_token}, by their names
     */
    ChatTemplates(Map<String, Template> templates, Map<String, String> specialTokens, Supplier<ZonedDateTime> now) {
        this.templates = Map.copyOf(templates);
        this.specialTokens = Map.copyOf(specialTokens);
        this.now = now;
        this.readsParts = probeParts();
    }

    /**
     * Tells whether the template goes through the parts of a message; one that does not is given their text, as engines do. Found out
     * by trying.
     */
    boolean readsParts() {
        return readsParts;
    }

    private boolean probeParts() {
        Map<String, Object> part = Map.of("type", "text", "text", "\u2402");
        Chat chat = new Chat(
                List.of(Map.of("role", "user", "content", List.of(part))), List.of(), List.of(), true, false, Map.of());
        try {
            String text = render(chat, new Limits(100_000, 1_000_000, () -> false));
            return text.contains("\u2402") && !text.contains("'text'") && !text.contains("\"text\"");
        } catch (TemplateException e) {
            return false;
        }
    }

    /** Returns the text of {@code chat}; throws {@link TemplateException} if the template refuses it, or cannot do with it. */
    String render(Chat chat, Limits limits) {
        List<Map<String, Object>> messages = new ArrayList<>(chat.messages().size());
        chat.messages().forEach(message -> messages.add(prepared(message)));
        boolean continues = chat.continueFinalMessage() && !messages.isEmpty();
        if (continues) {
            markEnd(messages);
        }
        Map<String, Object> variables = new LinkedHashMap<>(specialTokens);
        variables.putAll(chat.variables());
        variables.put("messages", messages);
        variables.put("tools", orNone(chat.tools()));
        variables.put("documents", orNone(chat.documents()));
        variables.put("add_generation_prompt", chat.addGenerationPrompt());
        String text = templateFor(chat).render(variables, limits, now);
        return continues ? upToEnd(text) : text;
    }

    private Template templateFor(Chat chat) {
        Template withTools = chat.tools().isEmpty() ? null : templates.get(WITH_TOOLS);
        Template found = withTools == null ? templates.get(DEFAULT) : withTools;
        if (found == null) {
            throw new IllegalStateException("no template '" + DEFAULT + "'");
        }
        return found;
    }

    private static Object orNone(List<Object> given) {
        return given.isEmpty() ? Template.none() : given;
    }

    /** Leaves out what is none, which templates would print, and names thoughts as they do. */
    private static Map<String, Object> prepared(Map<String, Object> message) {
        Map<String, Object> prepared = new LinkedHashMap<>();
        Object thoughts = null;
        for (String name : THOUGHTS) {
            Object given = message.get(name);
            thoughts = thoughts == null && given != null && given != Template.none() ? given : thoughts;
        }
        if (thoughts != null) {
            prepared.put("thinking", thoughts);
        }
        message.forEach((name, value) -> {
            if (value != Template.none()) {
                prepared.put(name, value);
            }
        });
        if (thoughts != null) {
            prepared.put("reasoning_content", thoughts);
        }
        return prepared;
    }

    private static void markEnd(List<Map<String, Object>> messages) {
        Map<String, Object> last = messages.get(messages.size() - 1);
        Object content = last.get("content");
        if (content instanceof String text) {
            last.put("content", text + END_OF_MESSAGE);
        } else if (content instanceof List<?> parts) {
            last.put("content", withEnd(parts));
        }
    }

    private static List<Object> withEnd(List<?> parts) {
        List<Object> marked = new ArrayList<>(parts);
        for (int i = parts.size() - 1; i >= 0; i--) {
            if (parts.get(i) instanceof Map<?, ?> part && part.get("text") instanceof String text) {
                Map<Object, Object> ended = new LinkedHashMap<>(part);
                ended.put("text", text + END_OF_MESSAGE);
                marked.set(i, ended);
                break;
            }
        }
        return marked;
    }

    private static String upToEnd(String text) {
        int end = text.lastIndexOf(END_OF_MESSAGE.strip());
        if (end < 0) {
            throw new IllegalArgumentException("the template leaves out the message that is to be continued");
        }
        boolean keepsSpace = text.startsWith(END_OF_MESSAGE, end);
        String before = text.substring(0, end);
        return keepsSpace ? before : before.stripTrailing();
    }
}
