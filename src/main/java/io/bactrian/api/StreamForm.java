package io.bactrian.api;

import io.bactrian.request.Api;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * What is peculiar to the stream of an API.
 *
 * @param eventsBeforeToken data events that come before the first token
 * @param ends whether the event of this name is the last, beside the data {@code [DONE]}; empty for none
 */
public record StreamForm(int eventsBeforeToken, String ends) {
    private static final StreamForm CHAT = new StreamForm(1, ""); // an event that names the role
    private static final StreamForm MESSAGES = new StreamForm(2, "message_stop"); // message and content block start
    private static final StreamForm RESPONSES =
            new StreamForm(4, "response.completed"); // created, in progress, item, part
    private static final StreamForm PLAIN = new StreamForm(0, "");
    private static final byte[] FIELD = "event:".getBytes(StandardCharsets.US_ASCII);

    /** Returns the form of an answer to a request of {@code api}. */
    public static StreamForm of(Api api) {
        return switch (api) {
            case CHAT_COMPLETIONS -> CHAT;
            case MESSAGES -> MESSAGES;
            case RESPONSES -> RESPONSES;
            default -> PLAIN;
        };
    }

    /** Tells whether {@code event}, from its position to its limit, is the last by its name, which must stand in its first line. */
    public boolean isEnd(ByteBuffer event) {
        if (ends.isEmpty() || event.remaining() < FIELD.length + ends.length()) {
            return false;
        }
        int at = event.position();
        for (byte letter : FIELD) {
            if (event.get(at++) != letter) {
                return false;
            }
        }
        if (event.get(at) == ' ') {
            at++;
        }
        if (at + ends.length() >= event.limit()) {
            return false;
        }
        for (int i = 0; i < ends.length(); i++) {
            if (event.get(at++) != ends.charAt(i)) {
                return false;
            }
        }
        return event.get(at) == '\n' || event.get(at) == '\r';
    }
}
