package io.bactrian.telemetry;

import io.bactrian.request.Api;
import io.opentelemetry.api.common.AttributeKey;

/** The attributes of spans, by OpenTelemetry's semantic conventions for HTTP and generative models where these name one. */
final class SpanAttributes {
    static final AttributeKey<String> METHOD = AttributeKey.stringKey("http.request.method");
    static final AttributeKey<String> ROUTE = AttributeKey.stringKey("http.route");
    static final AttributeKey<Long> STATUS = AttributeKey.longKey("http.response.status_code");
    static final AttributeKey<Long> RESENDS = AttributeKey.longKey("http.request.resend_count");
    static final AttributeKey<String> SERVER_ADDRESS = AttributeKey.stringKey("server.address");
    static final AttributeKey<Long> SERVER_PORT = AttributeKey.longKey("server.port");
    static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error.type");
    static final AttributeKey<String> OPERATION = AttributeKey.stringKey("gen_ai.operation.name");
    static final AttributeKey<String> MODEL = AttributeKey.stringKey("gen_ai.request.model");
    static final AttributeKey<String> REQUEST_ID = AttributeKey.stringKey("gen_ai.request.id");
    static final AttributeKey<Long> INPUT_TOKENS = AttributeKey.longKey("gen_ai.usage.input_tokens");
    static final AttributeKey<Long> OUTPUT_TOKENS = AttributeKey.longKey("gen_ai.usage.output_tokens");
    static final AttributeKey<String> POOL = AttributeKey.stringKey("bactrian.pool");
    static final AttributeKey<String> END = AttributeKey.stringKey("bactrian.end");

    private SpanAttributes() {}

    /** Returns the path of an API, or the empty string if clients choose it. */
    static String route(Api api) {
        return switch (api) {
            case CHAT_COMPLETIONS -> "/v1/chat/completions";
            case COMPLETIONS -> "/v1/completions";
            case RESPONSES -> "/v1/responses";
            case CONVERSATIONS -> "/v1/conversations";
            case EMBEDDINGS -> "/v1/embeddings";
            case IMAGES -> "/v1/images/generations";
            case MESSAGES -> "/v1/messages";
            case MESSAGES_COUNT_TOKENS -> "/v1/messages/count_tokens";
            case GENERATE -> "/inference/v1/generate";
            case SGLANG_GENERATE -> "/generate";
            case TOKENIZE -> "/tokenize";
            case MODELS -> "/v1/models";
            case STORED, PASSTHROUGH -> "";
        };
    }

    /** Returns what the conventions call the operation; empty for one they do not know. */
    static String operation(Api api) {
        return switch (api) {
            case CHAT_COMPLETIONS, MESSAGES, RESPONSES -> "chat";
            case COMPLETIONS -> "text_completion";
            case EMBEDDINGS -> "embeddings";
            case GENERATE, SGLANG_GENERATE -> "generate_content";
            default -> "";
        };
    }
}
