package io.bactrian.request;

/** The kinds of request a client can make, by what they ask of a model server. */
public enum Api {
    /** OpenAI {@code POST /v1/chat/completions}. */
    CHAT_COMPLETIONS,
    /** OpenAI {@code POST /v1/completions}. */
    COMPLETIONS,
    /** OpenAI {@code GET /v1/models}; answered by the router itself. */
    MODELS,
    /** A path the operator lets through unread. */
    PASSTHROUGH
}
