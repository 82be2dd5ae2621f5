package io.bactrian.request;

/** The kinds of request a client can make, by what they ask of a model server. */
public enum Api {
    /** OpenAI {@code POST /v1/chat/completions}, and vLLM's rendering of one. */
    CHAT_COMPLETIONS(Body.JSON),
    /** OpenAI {@code POST /v1/completions}, and vLLM's rendering of one. */
    COMPLETIONS(Body.JSON),
    /** OpenAI {@code POST /v1/responses}. */
    RESPONSES(Body.JSON),
    /** OpenAI {@code POST /v1/conversations}. */
    CONVERSATIONS(Body.JSON_WITHOUT_MODEL),
    /** OpenAI {@code POST /v1/embeddings}. */
    EMBEDDINGS(Body.JSON),
    /** OpenAI {@code POST /v1/images/generations}. */
    IMAGES(Body.JSON),
    /** Anthropic {@code POST /v1/messages}. */
    MESSAGES(Body.JSON),
    /** Anthropic {@code POST /v1/messages/count_tokens}. */
    MESSAGES_COUNT_TOKENS(Body.JSON),
    /** vLLM {@code POST /inference/v1/generate}: token ids in, token ids out. */
    GENERATE(Body.JSON_WITHOUT_MODEL),
    /** SGLang {@code POST /generate}. */
    SGLANG_GENERATE(Body.JSON_WITHOUT_MODEL),
    /** vLLM {@code POST /tokenize} and {@code /detokenize}. */
    TOKENIZE(Body.JSON_WITHOUT_MODEL),
    /** A response or conversation that a model server keeps, by the id in the path. */
    STORED(Body.UNREAD),
    /** OpenAI {@code GET /v1/models}; answered by the router itself. */
    MODELS(Body.UNREAD),
    /** A path the operator lets through unread. */
    PASSTHROUGH(Body.UNREAD);

    private enum Body {
        JSON,
        JSON_WITHOUT_MODEL,
        UNREAD
    }

    private final Body body;

    Api(Body body) {
        this.body = body;
    }

    /** Tells whether the body is read, and is a JSON object. */
    public boolean isJson() {
        return body != Body.UNREAD;
    }

    /** Tells whether the body must name a model. */
    public boolean namesModel() {
        return body == Body.JSON;
    }

    /** Tells whether the request is one of OpenAI's with {@code messages} or a {@code prompt} that is completed. */
    public boolean isCompletion() {
        return this == CHAT_COMPLETIONS || this == COMPLETIONS;
    }
}
