package io.bactrian.simulator;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.bactrian.simulator.engine.FinishReason;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The JSON of one request's answer. Everything but the tokens is put together once. */
final class AnswerFormat {
    static final byte[] NOTHING = {};
    static final byte[] DONE = ascii("data: [DONE]\n\n");

    private static final byte[] CHAT_TOKEN_END = ascii("\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n");
    private static final byte[] TEXT_TOKEN_END = ascii("\",\"logprobs\":null,\"finish_reason\":null}]}\n\n");

    private final boolean isChat;
    // From the opening brace up to and including the model.
    private final String wholeHead;
    private final String eventHead;
    private final byte[][] tokenStarts;

    AnswerFormat(CompletionRequest request, String id, long createdSeconds) {
        this.isChat = request.isChat();
        String rest = "\",\"created\":" + createdSeconds + ",\"model\":\"" + escape(request.model()) + '"';
        String start = "{\"id\":\"" + escape(id) + "\",\"object\":\"";
        this.wholeHead = start + (isChat ? "chat.completion" : "text_completion") + rest;
        this.eventHead = "data: " + start + (isChat ? "chat.completion.chunk" : "text_completion") + rest;
        this.tokenStarts = new byte[request.choices() * request.prompts().size()][];
        for (int choice = 0; choice < tokenStarts.length; choice++) {
            tokenStarts[choice] = utf8(eventStart(choice) + (isChat ? "\"delta\":{\"content\":\"" : "\"text\":\""));
        }
    }

    /** Returns the event that opens a choice of a chat. */
    byte[] role(int choice) {
        return utf8(
                eventStart(choice)
                        + "\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n");
    }

    /** Returns what stands before the text in an event with a token. */
    byte[] tokenStart(int choice) {
        return tokenStarts[choice];
    }

    /** Returns what stands after the text in an event with a token. */
    byte[] tokenEnd() {
        return isChat ? CHAT_TOKEN_END : TEXT_TOKEN_END;
    }

    /** Returns the event that closes a choice. */
    byte[] finish(int choice, FinishReason reason) {
        String empty = isChat ? "\"delta\":{}" : "\"text\":\"\"";
        return utf8(
                eventStart(choice) + empty + ",\"logprobs\":null,\"finish_reason\":\"" + reason.word() + "\"}]}\n\n");
    }

    /** Returns the event with the usage, which stands after all choices. */
    byte[] usageEvent(Usage usage) {
        return utf8(eventHead + ",\"choices\":[]," + json(usage) + "}\n\n");
    }

    /** Returns a whole answer; {@code members} are more members of it, each with a comma before it. */
    byte[] whole(List<Choice> choices, Usage usage, String members) {
        StringBuilder json = new StringBuilder(wholeHead).append(",\"choices\":[");
        for (int i = 0; i < choices.size(); i++) {
            Choice choice = choices.get(i);
            json.append(i > 0 ? ",{" : "{").append("\"index\":").append(i).append(',');
            json.append(isChat ? "\"message\":{\"role\":\"assistant\",\"content\":\"" : "\"text\":\"");
            choice.appendText(json);
            json.append(isChat ? "\"}" : "\"").append(",\"logprobs\":null,\"finish_reason\":\"");
            json.append(choice.finishReason().word()).append("\"}");
        }
        return utf8(json.append("],")
                .append(json(usage))
                .append(members)
                .append('}')
                .toString());
    }

    /** Returns the event that ends a stream which cannot go on. */
    static byte[] error(ApiError error) {
        return utf8("data: " + new String(error.json(), StandardCharsets.UTF_8) + "\n\n");
    }

    private String eventStart(int choice) {
        return eventHead + ",\"choices\":[{\"index\":" + choice + ',';
    }

    private static String json(Usage usage) {
        String details = usage.cachedTokens() == 0
                ? ""
                : ",\"prompt_tokens_details\":{\"cached_tokens\":" + usage.cachedTokens() + '}';
        return "\"usage\":{\"prompt_tokens\":" + usage.promptTokens() + ",\"completion_tokens\":"
                + usage.completionTokens() + ",\"total_tokens\":" + (usage.promptTokens() + usage.completionTokens())
                + details + '}';
    }

    private static String escape(String text) {
        return String.valueOf(JsonStringEncoder.getInstance().quoteAsString(text));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * Tokens read and written for one request.
     *
     * @param cachedTokens prompt tokens found in the prefix cache
     */
    record Usage(int promptTokens, int completionTokens, int cachedTokens) {}
}
