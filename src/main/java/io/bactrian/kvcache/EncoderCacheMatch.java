package io.bactrian.kvcache;

import io.bactrian.request.DataKey;

/**
 * How many of a request's pictures, videos and sounds an endpoint has encoded before.
 *
 * @param matchedItems those it has encoded
 * @param items all, each different one once
 */
public record EncoderCacheMatch(int matchedItems, int items) {

    /** The type by which llm-d names such a match. */
    public static final String TYPE = "MultiModalEncoderCacheMatchInfoKey";

    private static final String DEFAULT_PRODUCER = "mm-embeddings-cache-producer";

    public EncoderCacheMatch {
        if (matchedItems < 0 || matchedItems > items) {
            throw new IllegalArgumentException("matchedItems: " + matchedItems + " (expected: 0 to " + items + ")");
        }
    }

    /** Returns the key under which the producer instance {@code producer} attaches its matches, the default one for an empty name. */
    public static DataKey<EncoderCacheMatch> key(String producer) {
        return new DataKey<>(TYPE, producer.isEmpty() ? DEFAULT_PRODUCER : producer);
    }

    /** Returns the share that has been encoded, 0 to 1; 0 when there are no items. */
    public double share() {
        return items == 0 ? 0 : (double) matchedItems / items;
    }
}
