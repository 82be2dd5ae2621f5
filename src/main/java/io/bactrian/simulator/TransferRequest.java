package io.bactrian.simulator;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * What a request says of other servers.
 *
 * @param prompts for each prompt, what becomes of its KV entries
 * @param media hashes of the images, videos and sounds in the prompt, each once
 * @param encoded where those that are encoded already can be had, by hash
 * @param cacheHitThreshold share of the prompt, 0 to 1, that must be cached for it to be served here
 */
record TransferRequest(
        List<KvTransfer> prompts, List<String> media, Map<String, Peer> encoded, OptionalDouble cacheHitThreshold) {

    /**
     * What becomes of one prompt's KV entries.
     *
     * @param keep how they are kept for another server, or null
     * @param fetch where they are to be fetched, or null
     * @param push where they are to be pushed, or null
     */
    record KvTransfer(
            @Nullable Keep keep,
            @Nullable Fetch fetch,
            @Nullable Push push) {
        static final KvTransfer NONE = new KvTransfer(null, null);

        KvTransfer(@Nullable Keep keep, @Nullable Fetch fetch) {
            this(keep, fetch, null);
        }
    }

    /**
     * Keeps the blocks when the prompt is computed.
     *
     * @param name under which the other server asks for them; empty if this server is to choose one
     * @param transferId sent back in the answer if not empty
     * @param isAnnounced whether the answer says where the blocks are
     * @param answersWhenRead whether the answer waits for the transfer, and is one token whatever was asked for
     */
    record Keep(String name, String transferId, boolean isAnnounced, boolean answersWhenRead) {}

    /**
     * Fetches the blocks.
     *
     * @param from who has them
     * @param name under which they are kept; empty for whatever that server has cached of the prompt
     * @param engineId the engine that kept them; empty for whichever runs there
     * @param patience how long they may not exist yet
     * @param isRequired whether the request fails without them
     */
    record Fetch(Peer from, String name, String engineId, Duration patience, boolean isRequired) {}

    /**
     * Pushes the blocks when the prompt is computed, before the answer.
     *
     * @param to who takes them
     * @param returnsFirstToken whether the answer tells the id of its first token
     */
    record Push(Peer to, boolean returnsFirstToken) {}

    /** Another server's side channel. */
    record Peer(String host, int port) {}
}
