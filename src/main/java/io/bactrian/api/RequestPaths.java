package io.bactrian.api;

import io.bactrian.request.Api;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.InferenceException;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Tells by its target what a request is, and which requests are nobody's business.
 *
 * <p>Paths that administer a model server are not served, under any prefix and however an operator lists them: they would reach one
 * endpoint of the pool, chosen by load. Immutable.
 */
public final class RequestPaths {
    private static final Map<String, Api> SERVED = Map.ofEntries(
            Map.entry("/v1/chat/completions", Api.CHAT_COMPLETIONS),
            Map.entry("/v1/chat/completions/render", Api.CHAT_COMPLETIONS),
            Map.entry("/v1/completions", Api.COMPLETIONS),
            Map.entry("/v1/completions/render", Api.COMPLETIONS),
            Map.entry("/v1/responses", Api.RESPONSES),
            Map.entry("/v1/conversations", Api.CONVERSATIONS),
            Map.entry("/v1/embeddings", Api.EMBEDDINGS),
            Map.entry("/v1/images/generations", Api.IMAGES),
            Map.entry("/v1/messages", Api.MESSAGES),
            Map.entry("/v1/messages/count_tokens", Api.MESSAGES_COUNT_TOKENS),
            Map.entry("/inference/v1/generate", Api.GENERATE),
            Map.entry("/generate", Api.SGLANG_GENERATE),
            Map.entry("/tokenize", Api.TOKENIZE),
            Map.entry("/detokenize", Api.TOKENIZE),
            Map.entry("/v1/models", Api.MODELS));

    /** Below these stands the id of something that a model server keeps. */
    private static final List<String> STORED = List.of("/v1/responses/", "/v1/conversations/");

    /** Segments of vLLM's and SGLang's administration paths; sources: their API servers' route tables. */
    private static final Set<String> ADMINISTRATION = Set.of(
            "admin",
            "metrics",
            "sleep",
            "wake_up",
            "is_sleeping",
            "pause",
            "resume",
            "collective_rpc",
            "reset_prefix_cache",
            "reset_mm_cache",
            "reset_encoder_cache",
            "flush_cache",
            "start_profile",
            "stop_profile",
            "scale_elastic_ep",
            "server_info",
            "get_server_info",
            "abort_request",
            "abort_requests",
            "release_memory_occupation",
            "resume_memory_occupation",
            "set_internal_state",
            "configure_logging",
            "slow_down");

    private static final List<String> ADMINISTRATION_PREFIXES =
            List.of("update_weights", "init_weights", "destroy_weights", "get_weights");

    private static final String ADAPTER_SUFFIX = "_lora_adapter";
    private static final String SUBTREE = "/*";

    private final Set<String> passthroughPaths = new HashSet<>();
    private final Set<String> passthroughSubtrees = new HashSet<>();

    /**
     * Serves the paths of OpenAI, Anthropic and the engines, and {@code passthrough} unread.
     *
     * @param passthrough paths in normal form; one that ends with {@code /*} stands for everything below it
     */
    public RequestPaths(Collection<String> passthrough) {
        for (String path : passthrough) {
            boolean subtree = path.endsWith(SUBTREE);
            String root = subtree ? path.substring(0, path.length() - 1) : path;
            if (!root.startsWith("/") || !isNormal(root)) {
                throw new IllegalArgumentException(
                        "passthrough path: " + path + " (expected: a normal path such as /v1/score, or /v1/audio/*)");
            }
            (subtree ? passthroughSubtrees : passthroughPaths).add(root);
        }
    }

    /**
     * Returns what a request to {@code target}, as it stands in the request line, is.
     *
     * @throws InferenceException BAD_REQUEST if the target is malformed or ambiguous, NOT_FOUND if it is not served
     */
    public RequestTarget classify(String target) {
        requireVisibleAscii(target);
        String origin = originForm(target);
        int mark = origin.indexOf('?');
        String path = PathForm.normal(mark < 0 ? origin : origin.substring(0, mark));
        String query = mark < 0 ? "" : origin.substring(mark + 1);
        Api api = SERVED.get(path);
        if (api == null && !storedId(path).isEmpty()) {
            api = Api.STORED;
        }
        if (api == null && isPassthrough(path) && !isAdministration(path)) {
            api = Api.PASSTHROUGH;
        }
        if (api == null) {
            throw new InferenceException(ErrorCode.NOT_FOUND, "request target: not served here");
        }
        return new RequestTarget(api, path, query);
    }

    /** Returns the id of the response or conversation that {@code path} asks for; empty if it is another path. */
    public static String storedId(String path) {
        for (String prefix : STORED) {
            if (path.startsWith(prefix)) {
                int end = path.indexOf('/', prefix.length());
                return path.substring(prefix.length(), end < 0 ? path.length() : end);
            }
        }
        return "";
    }

    private static void requireVisibleAscii(String target) {
        for (int i = 0; i < target.length(); i++) {
            char letter = target.charAt(i);
            if (letter <= ' ' || letter >= 0x7F) {
                throw PathForm.refuse("a character outside visible ASCII");
            }
            if (letter == '#') {
                throw PathForm.refuse("a fragment");
            }
        }
    }

    /** Returns path and query of a target that may name scheme and host before them (RFC 9112 section 3.2.2). */
    private static String originForm(String target) {
        if (target.startsWith("/")) {
            return target;
        }
        int scheme = target.indexOf("://");
        String name = scheme < 0 ? "" : target.substring(0, scheme).toLowerCase(Locale.ROOT);
        if (!name.equals("http") && !name.equals("https")) {
            throw PathForm.refuse("neither a path nor a URL");
        }
        int authority = scheme + "://".length();
        int end = authority;
        while (end < target.length() && target.charAt(end) != '/' && target.charAt(end) != '?') {
            if (target.charAt(end) == '@' || target.charAt(end) == '\\') {
                throw PathForm.refuse("a host with a user's name or a backslash");
            }
            end++;
        }
        if (end == authority) {
            throw PathForm.refuse("a URL without a host");
        }
        String rest = target.substring(end);
        return rest.startsWith("/") ? rest : '/' + rest;
    }

    private boolean isPassthrough(String path) {
        if (passthroughPaths.contains(path)) {
            return true;
        }
        for (int slash = path.lastIndexOf('/'); slash >= 0; slash = path.lastIndexOf('/', slash - 1)) {
            if (passthroughSubtrees.contains(path.substring(0, slash + 1))) {
                return true;
            }
        }
        return false;
    }

    private static boolean isAdministration(String path) {
        for (String segment : path.toLowerCase(Locale.ROOT).split("/", -1)) {
            if (ADMINISTRATION.contains(segment)
                    || segment.endsWith(ADAPTER_SUFFIX)
                    || ADMINISTRATION_PREFIXES.stream().anyMatch(segment::startsWith)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isNormal(String path) {
        try {
            return PathForm.normal(path).equals(path);
        } catch (InferenceException e) {
            return false;
        }
    }
}
