package io.bactrian.request;

import java.util.OptionalInt;

/**
 * What a client asks, as far as routing needs to know it.
 *
 * @param id names the request in logs and towards the model server
 * @param api the kind of request
 * @param model the model or adapter named by the client; empty if the API names none
 * @param adapter the adapter named beside the model (SGLang {@code lora_path}); empty if none
 * @param cacheSalt separates prefixes that must not be shared; empty if none
 * @param stream whether the client wants server-sent events
 * @param includeUsage whether the client asked for token usage at the end of the stream
 * @param maxOutputTokens the client's limit of generated tokens
 * @param prompt what the model is to read
 * @param bodyBytes length of the request body in bytes
 * @param context what came beside the body, and what is found out on the way
 */
public record InferenceRequest(
        String id,
        Api api,
        String model,
        String adapter,
        String cacheSalt,
        boolean stream,
        boolean includeUsage,
        OptionalInt maxOutputTokens,
        Prompt prompt,
        int bodyBytes,
        RequestContext context) {

    /** An attribute: the name under which an endpoint has announced the request's model as an adapter. */
    public static final DataKey<String> ANNOUNCED_ADAPTER = new DataKey<>("adapter", "");

    /** An attribute: the endpoint that has answered, {@code ip:port}, as the proxy says that the request came by. */
    public static final DataKey<String> SERVED_ENDPOINT = new DataKey<>("destination-endpoint-served", "");

    /** Returns the adapter that the request wants; empty if it wants a model, or nobody has said that it is an adapter. */
    public String wantedAdapter() {
        if (!adapter.isEmpty()) {
            return adapter;
        }
        String announced = attributes().get(ANNOUNCED_ADAPTER);
        return announced == null ? "" : announced;
    }

    /** Returns what an endpoint must be able to serve: the adapter named beside the model, else the model. */
    public String servedName() {
        return adapter.isEmpty() ? model : adapter;
    }

    /** Returns this request as one for {@code another} model. */
    public InferenceRequest withModel(String another) {
        return new InferenceRequest(
                id,
                api,
                another,
                adapter,
                cacheSalt,
                stream,
                includeUsage,
                maxOutputTokens,
                prompt,
                bodyBytes,
                context);
    }

    /** Returns this request as one of which nothing is known but that it is there. */
    public InferenceRequest unread() {
        return new InferenceRequest(
                id, Api.PASSTHROUGH, "", "", "", false, false, OptionalInt.empty(), Prompt.NONE, bodyBytes, context);
    }

    /** Returns the first value of the client's header {@code name}, or the empty string. */
    public String header(String name) {
        return context.headers().first(name);
    }

    /** Returns how many tokens the prompt has, as counted, else as estimated. */
    public int promptTokens() {
        PromptTokens counted = context.promptTokens();
        return counted == null ? prompt.estimatedTokens() : counted.count();
    }

    /** Returns what the request is promised. */
    public Objective objective() {
        return context.objective();
    }

    /** Returns what plug-ins attach to the request. */
    public Attributes attributes() {
        return context.attributes();
    }
}
