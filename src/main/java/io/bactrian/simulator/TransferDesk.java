package io.bactrian.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bactrian.endpoint.EndpointRole;
import io.bactrian.simulator.TransferRequest.Peer;
import io.bactrian.simulator.engine.InferenceEngine;
import io.bactrian.simulator.engine.ReadOutcome;
import io.bactrian.simulator.engine.RemoteBlockCounts;
import io.bactrian.simulator.engine.RemoteBlocks;
import io.bactrian.simulator.engine.TransferLink;
import io.netty.buffer.ByteBufInputStream;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.FullHttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A server's dealings with other servers: what it keeps for them, and whom it asks.
 *
 * <p>Servers ask each other over HTTP on the side channel, so that one that is killed, frozen or reset is noticed as it
 * would be on a real wire. Paths and bodies are this simulator's own, but for {@value #QUERY}, which is Mooncake's.
 */
final class TransferDesk {
    static final String HOST = "127.0.0.1";
    static final String QUERY = "/query";
    static final String READ = "/simulator/kv/read";
    static final String COPY = "/simulator/kv/copy";
    static final String PUSH = "/simulator/kv/push";
    static final String ENCODED = "/simulator/encoded";

    private static final String JSON = "application/json";
    private static final int MAX_ENCODED_ITEMS = 10_000;
    // One image of 576 tokens of 4096 bytes, as llm-d's simulator reports it.
    private static final int ENCODED_BYTES = 2_359_296;

    private final EndpointRole role;
    private final TransferOptions options;
    private final String engineId;
    private final IntSupplier port;
    private final InferenceEngine engine;
    private final TransferLink link;
    private final RemoteBlocks remote;
    private final ReceivedBlocks received;
    private final PeerClient peers;
    private final Faults faults;
    private final SplittableRandom ids;
    private final TransferCounts counts = new TransferCounts();
    // Names of blocks that are still being computed.
    private final Set<String> promised = new HashSet<>();
    private final Map<String, Boolean> encoded = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
            return size() > MAX_ENCODED_ITEMS;
        }
    };

    TransferDesk(
            SimulatedModelServerOptions options,
            String engineId,
            IntSupplier port,
            InferenceEngine engine,
            EventLoop loop,
            Faults faults) {
        this.role = options.role();
        this.options = options.transfers();
        this.engineId = engineId;
        this.port = port;
        this.engine = engine;
        this.link = engine.newLink(options.transfers().cost());
        this.remote = new RemoteBlocks(
                engine, options.transfers().cost(), options.transfers().lease());
        this.received = new ReceivedBlocks(engine);
        this.peers = new PeerClient(loop);
        this.faults = faults;
        this.ids = new SplittableRandom(InferenceEngine.seedFor(options.engine().seed(), engineId));
    }

    EndpointRole role() {
        return role;
    }

    TransferOptions options() {
        return options;
    }

    String engineId() {
        return engineId;
    }

    int port() {
        return port.getAsInt();
    }

    InferenceEngine engine() {
        return engine;
    }

    /** The link on which content comes from stores that are no servers. */
    TransferLink link() {
        return link;
    }

    RemoteBlocks remote() {
        return remote;
    }

    ReceivedBlocks received() {
        return received;
    }

    TransferCounts counts() {
        return counts;
    }

    TransferRequestReader reader() {
        return new TransferRequestReader(role, options, port, counts);
    }

    /** Takes a name for blocks to come; false if it is taken, or was ever. */
    boolean promise(String name) {
        if (remote.knows(name) || !promised.add(name)) {
            counts.reusedRooms++;
            return false;
        }
        return true;
    }

    /** Gives a promised name back. */
    void settle(String name) {
        promised.remove(name);
    }

    /** Returns what makes a name of blocks differ from all others of this server. */
    String nextId() {
        return Long.toHexString(ids.nextLong());
    }

    void encode(String hash) {
        counts.encodedItems++;
        encoded.put(hash, true);
    }

    /** Asks another server; gives up after what the options say, and {@code patience} beyond it. */
    Runnable ask(Peer peer, String path, ObjectNode question, Duration patience, Consumer<PeerClient.Answer> answered) {
        byte[] body = question.toString().getBytes(StandardCharsets.UTF_8);
        return peers.post(peer, path, body, options.loadTimeout().plus(patience), answered);
    }

    /** Answers another server's question, or begins to; null if {@code path} is none. */
    @Nullable
    AnswerUnderWay serve(String path, FullHttpRequest request, ResponseWriter writer) throws RequestRefused {
        switch (path) {
            case QUERY -> {
                ObjectNode ranks = JsonNodeFactory.instance.objectNode();
                ranks.putObject("0").put("engine_id", engineId);
                answer(writer, 200, ranks);
                return null;
            }
            case READ -> {
                return read(question(request), writer);
            }
            case COPY -> {
                return copy(question(request), writer);
            }
            case PUSH -> {
                JsonNode pushed = question(request);
                failIfTold();
                received.put(
                        pushed.path("prompt_hash").asLong(),
                        pushed.path("tokens").asInt());
                answer(writer, 200, JsonNodeFactory.instance.objectNode());
                return null;
            }
            case ENCODED -> {
                boolean isThere =
                        encoded.containsKey(question(request).path("hash").asText());
                answer(writer, isThere ? 200 : 404, JsonNodeFactory.instance.objectNode());
                return null;
            }
            default -> throw new IllegalArgumentException("path: " + path + " (expected: one of the side channel)");
        }
    }

    ObjectNode encodedParameters(List<String> hashes) {
        ObjectNode parameters = JsonNodeFactory.instance.objectNode();
        hashes.forEach(hash -> parameters
                .putObject(hash)
                .put("peer_host", HOST)
                .put("peer_port", port())
                .put("size", ENCODED_BYTES));
        return parameters;
    }

    TransferSnapshot snapshot() {
        RemoteBlockCounts done = remote.counts();
        return new TransferSnapshot(
                engineId,
                remote.pinnedSets() + received.sets(),
                remote.pinnedBlocks() + received.blocks(),
                done.expiredLeases(),
                done.reads(ReadOutcome.EXPIRED),
                done.reads(ReadOutcome.TAKEN),
                done.reads(ReadOutcome.UNKNOWN),
                counts.foreignReads,
                counts.mismatches,
                done.reads(ReadOutcome.READ),
                done.transferredBytes(),
                counts.loads,
                counts.failedLoads,
                counts.malformed,
                counts.reusedRooms,
                counts.belowThreshold,
                counts.encodedItems,
                counts.encoderReads,
                counts.encoderMisses);
    }

    /** The server ends: questions under way are given up. */
    void close() {
        peers.close();
    }

    private AnswerUnderWay read(JsonNode question, ResponseWriter writer) throws RequestRefused {
        failIfTold();
        String name = question.path("name").asText();
        String wantedEngine = question.path("engine_id").asText();
        if (!wantedEngine.isEmpty() && !wantedEngine.equals(engineId)) {
            counts.foreignReads++;
            throw new RequestRefused(ApiError.of(404, wantedEngine + ": not this engine (expected: " + engineId + ")"));
        }
        if (!remote.matches(name, question.path("prompt_hash").asLong())) {
            counts.mismatches++;
            throw new RequestRefused(ApiError.of(422, name + ": blocks of another prompt"));
        }
        return new SideChannelAnswer(
                writer,
                reply -> remote.read(
                        name,
                        question.path("local_tokens").asInt(),
                        Duration.ofMillis(question.path("patience_millis").asLong()),
                        outcome -> reply.accept(
                                switch (outcome) {
                                    case READ -> 200;
                                    case UNKNOWN -> 404;
                                    case TAKEN -> 409;
                                    case EXPIRED -> 410;
                                },
                                JsonNodeFactory.instance.objectNode().put("outcome", outcome.name()))));
    }

    private AnswerUnderWay copy(JsonNode question, ResponseWriter writer) throws RequestRefused {
        failIfTold();
        JsonNode hashes = question.path("block_hashes");
        long[] blocks = new long[hashes.size()];
        for (int i = 0; i < blocks.length; i++) {
            blocks[i] = hashes.get(i).asLong();
        }
        int cached = engine.cachedBlocks(blocks) * engine.options().blockSizeTokens();
        int missing = Math.max(0, cached - question.path("local_tokens").asInt());
        ObjectNode found = JsonNodeFactory.instance.objectNode().put("tokens", cached);
        return new SideChannelAnswer(writer, reply -> link.start(missing, () -> reply.accept(200, found)));
    }

    private void failIfTold() throws RequestRefused {
        if (faults.takeTransferFailure()) {
            throw new RequestRefused(ApiError.of(500, "transfer: failing as told"));
        }
    }

    private static JsonNode question(FullHttpRequest request) throws RequestRefused {
        return CompletionRequestReader.parse(new ByteBufInputStream(request.content()));
    }

    private static void answer(ResponseWriter writer, int status, JsonNode body) {
        writer.whole(status, JSON, body.toString().getBytes(StandardCharsets.UTF_8));
    }
}
