package io.bactrian.scheduling;

import io.bactrian.request.Api;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/**
 * Which requests a pool reads, by the parsers that its file names: of others it takes none, or all unread.
 *
 * @param apis those whose requests are read
 * @param passesOthers whether other requests go on unread, balanced by load alone; else they are refused
 */
public record ReadApis(Set<Api> apis, boolean passesOthers) {
    /** Every API is read: what holds where no parser is named. */
    public static final ReadApis ALL = new ReadApis(EnumSet.allOf(Api.class), false);

    /** Takes what no parser before it claims. */
    public static final String PASSTHROUGH_PARSER = "passthrough-parser";

    /** What each parser claims; {@link #PASSTHROUGH_PARSER} claims nothing and takes the rest. */
    public static final Map<String, Set<Api>> PARSERS = Map.of(
            "openai-parser",
            Set.of(Api.CHAT_COMPLETIONS, Api.COMPLETIONS, Api.RESPONSES, Api.CONVERSATIONS, Api.EMBEDDINGS, Api.IMAGES),
            "anthropic-parser",
            Set.of(Api.MESSAGES, Api.MESSAGES_COUNT_TOKENS),
            "vllmhttp-parser",
            Set.of(Api.GENERATE),
            "sglanghttp-parser",
            Set.of(Api.SGLANG_GENERATE),
            PASSTHROUGH_PARSER,
            Set.of());

    public ReadApis {
        apis = Set.copyOf(apis);
    }

    /** Returns what {@code parsers}, keys of {@link #PARSERS} in the order of their file, read together. */
    public static ReadApis of(Collection<String> parsers) {
        // What a model server keeps is asked for without a body, which no parser is asked about.
        Set<Api> apis = EnumSet.of(Api.STORED, Api.MODELS);
        for (String parser : parsers) {
            if (parser.equals(PASSTHROUGH_PARSER)) {
                return new ReadApis(apis, true); // it claims what is left, so that none behind it is ever asked
            }
            apis.addAll(PARSERS.getOrDefault(parser, Set.of()));
        }
        return new ReadApis(apis, false);
    }

    /** Tells whether requests of {@code api} are read. */
    public boolean reads(Api api) {
        return apis.contains(api);
    }
}
