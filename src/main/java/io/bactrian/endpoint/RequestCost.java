package io.bactrian.endpoint;

import io.bactrian.request.DataKey;

/**
 * What a request would add to an endpoint's load.
 *
 * @param tokens tokens to compute: those of the prompt that the endpoint does not hold, and perhaps those it will generate
 * @param untilEnd whether the tokens count until the request ends, rather than until its answer begins
 */
public record RequestCost(long tokens, boolean untilEnd) {

    /** The type by which llm-d names it. */
    public static final String TYPE = "UncachedRequestTokensDataKey";

    /** The producer whose costs are reserved when an endpoint is chosen. */
    public static final String DEFAULT_PRODUCER = "inflight-load-producer";

    /** The key of the costs that are reserved. */
    public static final DataKey<RequestCost> KEY = new DataKey<>(TYPE, DEFAULT_PRODUCER);
}
