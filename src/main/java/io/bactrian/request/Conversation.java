package io.bactrian.request;

/** What a request goes on from, where the model server keeps what was said before. */
public final class Conversation {
    /**
     * The id of the response or conversation that a request continues or asks for; absent if there is none. Session affinity finds
     * it as {@code attribute: ConversationDataKey}.
     */
    public static final DataKey<String> ID = new DataKey<>("ConversationDataKey", "");

    private Conversation() {}
}
