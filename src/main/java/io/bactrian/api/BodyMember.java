package io.bactrian.api;

import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The members of a body's top level that the router reads; each may be given once. */
enum BodyMember {
    MODEL("model"),
    STREAM("stream"),
    STREAM_OPTIONS("stream_options"),
    MAX_TOKENS("max_tokens"),
    MAX_COMPLETION_TOKENS("max_completion_tokens"),
    N("n"),
    MESSAGES("messages"),
    PROMPT("prompt"),
    TOOLS("tools"),
    DOCUMENTS("documents"),
    /** Of Anthropic's messages. */
    SYSTEM("system"),
    /** Of responses and embeddings. */
    INPUT("input"),
    INSTRUCTIONS("instructions"),
    PREVIOUS_RESPONSE_ID("previous_response_id"),
    CONVERSATION("conversation"),
    /** Of conversations. */
    ITEMS("items"),
    /** Of vLLM's generate. */
    TOKEN_IDS("token_ids"),
    FEATURES("features"),
    /** Of SGLang's generate. */
    INPUT_IDS("input_ids"),
    TEXT("text"),
    IMAGE_DATA("image_data"),
    EXTRA_KEY("extra_key"),
    /** Keeps equal prompts of different owners apart in a model server's cache (vLLM). */
    CACHE_SALT("cache_salt"),
    /** The adapter, beside the model (SGLang). */
    LORA_PATH("lora_path"),
    /** Names the server to fetch KV blocks from (vLLM): the router's to say, never a client's. */
    KV_TRANSFER_PARAMS("kv_transfer_params"),
    /** As above (SGLang). */
    BOOTSTRAP_HOST("bootstrap_host"),
    /** As above (SGLang). */
    BOOTSTRAP_PORT("bootstrap_port"),
    /** As above (SGLang). */
    BOOTSTRAP_ROOM("bootstrap_room"),
    /** As above (SGLang's data-parallel ranks). */
    ROUTED_DP_RANK("routed_dp_rank"),
    /** As above (SGLang's data-parallel ranks). */
    DISAGG_PREFILL_DP_RANK("disagg_prefill_dp_rank"),
    /** Names the server to fetch encoded images from (vLLM): as above. */
    EC_TRANSFER_PARAMS("ec_transfer_params"),
    /** As above (TensorRT-LLM). */
    DISAGGREGATED_PARAMS("disaggregated_params"),
    /** As above (Neuron). */
    DISAGG_PREFILL_RESP("disagg_prefill_resp"),
    /** Limits and choices that a prompt computed for another endpoint must not have. */
    MAX_OUTPUT_TOKENS("max_output_tokens"),
    MIN_TOKENS("min_tokens"),
    MIN_COMPLETION_TOKENS("min_completion_tokens"),
    BEST_OF("best_of"),
    USE_BEAM_SEARCH("use_beam_search"),
    SAMPLING_PARAMS("sampling_params"),
    /** Whether the log probabilities of the prompt's tokens are wanted (SGLang). */
    RETURN_LOGPROB("return_logprob"),
    /** The least share of the prompt that must be cached for the decode endpoint to begin (llm-d's shared storage). */
    CACHE_HIT_THRESHOLD("cache_hit_threshold");

    private static final Map<String, BodyMember> BY_KEY =
            Stream.of(values()).collect(Collectors.toUnmodifiableMap(BodyMember::key, Function.identity()));

    private final String key;

    BodyMember(String key) {
        this.key = key;
    }

    /** Returns the member called {@code key}, or null if the router does not read it. */
    static @Nullable BodyMember of(String key) {
        return BY_KEY.get(key);
    }

    String key() {
        return key;
    }
}
