package io.bactrian.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.bactrian.request.RequestBytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A chat whose answer is generated in pieces. Each further request ends with one assistant's message that holds the answer so far and is
 * to be continued, so that the model reads what it would have read in one go.
 *
 * <p>A chat is taken if everything it asks for is known to come out alike in pieces: what goes by the whole answer (tools, reasoning, log
 * probabilities, several answers, a form, stop texts, penalties) and what is not known is not. Immutable.
 */
public final class ChatPieces {
    private static final JsonFactory FACTORY = new JsonFactory();

    /** What may be asked for. */
    private static final Set<String> TAKEN = Set.of(
            "model",
            "messages",
            "max_tokens",
            "max_completion_tokens",
            "stream",
            "stream_options",
            "temperature",
            "top_p",
            "top_k",
            "min_p",
            "seed",
            "stop_token_ids",
            "ignore_eos",
            "repetition_penalty",
            "logit_bias",
            "skip_special_tokens",
            "spaces_between_special_tokens",
            "cache_salt",
            "priority",
            "request_id",
            "user",
            "metadata",
            "store",
            "service_tier",
            "safety_identifier",
            "prompt_cache_key",
            "kv_transfer_params",
            "ec_transfer_params");

    /** What may be asked for once. */
    private static final Set<String> ONCE = Set.of("n", "best_of");

    private static final Set<String> REWRITTEN =
            Set.of("max_tokens", "max_completion_tokens", "stream", "stream_options");

    /** What only the first piece is told: blocks are fetched once. */
    private static final Set<String> OF_FIRST =
            Set.of("kv_transfer_params", "continue_final_message", "add_generation_prompt");

    private static final String MESSAGES = "messages";

    private final byte[] body;
    private final List<Member> members;

    /** One member: from its name's quote to behind its value. */
    private record Member(String name, int start, int end) {}

    private ChatPieces(byte[] body, List<Member> members) {
        this.body = body;
        this.members = members;
    }

    /** Returns the chat in {@code bytes}, which have been read before; nothing if it has to be generated in one go. */
    public static Optional<ChatPieces> of(RequestBytes bytes) {
        byte[] body = new byte[bytes.length()];
        new ByteViews(bytes).copy(0, body, 0, body.length);
        List<Member> members = new ArrayList<>();
        boolean talks = false;
        try (JsonParser parser = FACTORY.createParser(body)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                int start = (int) parser.currentTokenLocation().getByteOffset();
                JsonToken value = parser.nextToken();
                if (!TAKEN.contains(name) && !asksForNothing(parser, value, ONCE.contains(name))) {
                    return Optional.empty();
                }
                talks |= name.equals(MESSAGES) && value == JsonToken.START_ARRAY;
                parser.skipChildren();
                parser.finishToken();
                members.add(
                        new Member(name, start, (int) parser.currentLocation().getByteOffset()));
            }
            return talks ? Optional.of(new ChatPieces(body, members)) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty(); // the engine says what is wrong with it
        }
    }

    private static boolean asksForNothing(JsonParser parser, JsonToken value, boolean mayBeOne) throws IOException {
        return switch (value) {
            case VALUE_NULL, VALUE_FALSE -> true;
            case VALUE_STRING -> parser.getTextLength() == 0;
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT ->
                parser.getDoubleValue() == 0 || (mayBeOne && parser.getDoubleValue() == 1);
            case START_ARRAY, START_OBJECT -> parser.nextToken().isStructEnd();
            default -> false;
        };
    }

    /**
     * Returns the body that asks for the next piece.
     *
     * @param soFar the answer until there; null for the first piece
     * @param tokens how long the piece may be
     */
    public byte[] ask(@Nullable String soFar, long tokens) {
        ByteArrayOutputStream asked = new ByteArrayOutputStream(body.length + 256);
        asked.write('{');
        for (Member member : members) {
            if (REWRITTEN.contains(member.name()) || (soFar != null && OF_FIRST.contains(member.name()))) {
                continue;
            }
            if (soFar != null && member.name().equals(MESSAGES)) {
                continued(asked, member, soFar);
            } else {
                asked.write(body, member.start(), member.end() - member.start());
            }
            asked.write(',');
        }
        String limits = "\"max_tokens\":" + tokens + ",\"max_completion_tokens\":" + tokens + ",\"stream\":false"
                + (soFar == null ? "" : ",\"continue_final_message\":true,\"add_generation_prompt\":false") + "}";
        asked.writeBytes(limits.getBytes(StandardCharsets.US_ASCII));
        return asked.toByteArray();
    }

    private void continued(ByteArrayOutputStream asked, Member messages, String soFar) {
        int bracket = messages.end() - 1;
        asked.write(body, messages.start(), bracket - messages.start());
        int last = bracket - 1;
        while (" \t\r\n".indexOf(body[last]) >= 0) {
            last--;
        }
        String text = new String(JsonStringEncoder.getInstance().quoteAsString(soFar));
        String message = (body[last] == '[' ? "" : ",") + "{\"role\":\"assistant\",\"content\":\"" + text + "\"}]";
        asked.writeBytes(message.getBytes(StandardCharsets.UTF_8));
    }
}
