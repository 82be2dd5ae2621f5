package io.bactrian.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import io.bactrian.endpoint.EndpointRole;
import io.bactrian.simulator.TransferRequest.Fetch;
import io.bactrian.simulator.TransferRequest.Keep;
import io.bactrian.simulator.TransferRequest.KvTransfer;
import io.bactrian.simulator.TransferRequest.Peer;
import io.bactrian.simulator.TransferRequest.Push;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.IntSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads what routers add to requests for disaggregated servers, in the shapes that vLLM's connectors and SGLang have.
 *
 * <p>A server without a role has no connector and ignores all of it, as vLLM does.
 */
final class TransferRequestReader {
    private static final Pattern NCCL_ID =
            Pattern.compile("___prefill_addr_(.+):(\\d{1,5})___decode_addr_.+:\\d{1,5}_[0-9a-f]{32}");

    private final EndpointRole role;
    private final TransferOptions options;
    private final IntSupplier ownPort;
    private final TransferCounts counts;

    TransferRequestReader(EndpointRole role, TransferOptions options, IntSupplier ownPort, TransferCounts counts) {
        this.role = role;
        this.options = options;
        this.ownPort = ownPort;
        this.counts = counts;
    }

    TransferRequest read(JsonNode body, int prompts, @Nullable String requestId) throws RequestRefused {
        OptionalDouble threshold = threshold(body.path("cache_hit_threshold"));
        if (role == EndpointRole.NONE) {
            return new TransferRequest(Collections.nCopies(prompts, KvTransfer.NONE), List.of(), Map.of(), threshold);
        }
        return new TransferRequest(
                transfers(body, prompts, requestId), MediaItems.hashes(body), encoded(body), threshold);
    }

    private List<KvTransfer> transfers(JsonNode body, int prompts, @Nullable String requestId) throws RequestRefused {
        if (!body.path("bootstrap_room").isMissingNode()) {
            return bootstraps(body, prompts);
        }
        Matcher nccl = NCCL_ID.matcher(requestId == null ? "" : requestId);
        KvTransfer transfer = nccl.matches() ? nccl(nccl) : vllm(body.path("kv_transfer_params"));
        return Collections.nCopies(prompts, transfer);
    }

    private KvTransfer vllm(JsonNode params) {
        if (!params.isObject()) {
            return KvTransfer.NONE;
        }
        String transferId = params.path("transfer_id").asText("");
        JsonNode source = params.path("remote_kv_source");
        Fetch copy = source.isObject() ? checked(fetch(source, "", "", Duration.ZERO)) : null;
        if (params.path("do_remote_decode").asBoolean()) {
            String name = transferId.isEmpty() ? "" : "transfer/" + transferId;
            return new KvTransfer(new Keep(name, transferId, true, false), copy);
        }
        if (params.path("do_remote_prefill").asBoolean()) {
            return new KvTransfer(null, checked(remotePrefill(params, transferId)));
        }
        if (params.path("disagg_spec").isObject()) {
            return push(params);
        }
        JsonNode decoder = params.path("remote_decoder");
        JsonNode prefiller = params.path("remote_prefiller");
        Keep keep = decoder.path("kv_request_id").isTextual()
                ? new Keep("kv/" + decoder.path("kv_request_id").textValue(), "", false, false)
                : null;
        if (prefiller.isObject()) {
            String name = "kv/" + prefiller.path("kv_request_id").asText();
            return new KvTransfer(keep, checked(fetch(prefiller, name, "", options.loadTimeout())));
        }
        return new KvTransfer(keep, copy);
    }

    /** LMCache: the port at which a receiver's first rank is introduced to stands for all of them, and is the side channel here. */
    private KvTransfer push(JsonNode params) {
        JsonNode spec = params.path("disagg_spec");
        JsonNode host = spec.path("receiver_host");
        int port = spec.path("receiver_init_port").path(0).asInt();
        if (!host.isTextual() || !isPort(port) || !spec.path("req_id").isTextual()) {
            counts.malformed++;
            return KvTransfer.NONE;
        }
        Peer to = new Peer(host.textValue(), port);
        return new KvTransfer(
                null, null, new Push(to, params.path("ret_first_tok").asBoolean()));
    }

    /** NIXL names the blocks by the request that made them; MoRI-IO and Mooncake by an id the router chose. */
    private @Nullable Fetch remotePrefill(JsonNode params, String transferId) {
        String engineId = params.path("remote_engine_id").asText("");
        JsonNode bootstrap = params.path("remote_bootstrap_addr");
        if (bootstrap.isTextual()) {
            Peer peer = peer(bootstrap.textValue());
            return peer == null || transferId.isEmpty()
                    ? null
                    : new Fetch(peer, "transfer/" + transferId, engineId, options.waitingTimeout(), false);
        }
        String requestId = params.path("remote_request_id").asText("");
        if (!requestId.isEmpty() && params.path("remote_block_ids").isArray()) {
            return fetch(params, requestId, engineId, Duration.ZERO);
        }
        return transferId.isEmpty() ? null : fetch(params, "transfer/" + transferId, "", options.waitingTimeout());
    }

    private @Nullable Fetch checked(@Nullable Fetch fetch) {
        if (fetch == null) {
            counts.malformed++;
        }
        return fetch;
    }

    private static @Nullable Fetch fetch(JsonNode params, String name, String engineId, Duration patience) {
        JsonNode host = params.path("remote_host");
        int port = params.path("remote_port").asInt();
        return host.isTextual() && isPort(port)
                ? new Fetch(new Peer(host.textValue(), port), name, engineId, patience, false)
                : null;
    }

    private static @Nullable Peer peer(String address) {
        try {
            URI uri = URI.create(address);
            return uri.getHost() != null && isPort(uri.getPort()) ? new Peer(uri.getHost(), uri.getPort()) : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static boolean isPort(int port) {
        return port > 0 && port <= 0xffff;
    }

    private KvTransfer nccl(Matcher id) {
        Peer prefill = new Peer(id.group(1), Integer.parseInt(id.group(2)));
        String name = "nccl/" + id.group();
        return keeps(prefill)
                ? new KvTransfer(new Keep(name, "", false, false), null)
                : new KvTransfer(null, new Fetch(prefill, name, "", options.loadTimeout(), false));
    }

    /** SGLang: a batch has arrays of hosts, ports and rooms, one entry a prompt. */
    private List<KvTransfer> bootstraps(JsonNode body, int prompts) throws RequestRefused {
        List<KvTransfer> transfers = new ArrayList<>();
        for (int i = 0; i < prompts; i++) {
            JsonNode host = entry(body, "bootstrap_host", i, prompts);
            JsonNode port = entry(body, "bootstrap_port", i, prompts);
            JsonNode room = entry(body, "bootstrap_room", i, prompts);
            if (!host.isTextual() || !isPort(port.asInt()) || !room.isIntegralNumber()) {
                throw refuse("bootstrap_host, bootstrap_port, bootstrap_room: " + host + ", " + port + ", " + room
                        + " (expected: a host, a port and a whole number)");
            }
            Peer prefill = new Peer(host.textValue(), port.asInt());
            String name = "room/" + room.asText();
            transfers.add(
                    keeps(prefill)
                            ? new KvTransfer(new Keep(name, "", false, true), null)
                            : new KvTransfer(null, new Fetch(prefill, name, "", options.waitingTimeout(), true)));
        }
        return transfers;
    }

    private static JsonNode entry(JsonNode body, String field, int index, int prompts) throws RequestRefused {
        JsonNode value = body.path(field);
        if (value.isArray()) {
            if (value.size() != prompts) {
                throw refuse(
                        field + ": " + value.size() + " entries (expected: one for each of " + prompts + " prompts)");
            }
            return value.get(index);
        }
        if (prompts > 1) {
            throw refuse(field + ": one value (expected: an array, one entry a prompt)");
        }
        return value;
    }

    /** Both legs get the same fields: the role says whose they are, or the address where a server has both. */
    private boolean keeps(Peer prefill) {
        return role.prefills() && (!role.decodes() || prefill.port() == ownPort.getAsInt());
    }

    private static Map<String, Peer> encoded(JsonNode body) {
        Map<String, Peer> encoded = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> item : body.path("ec_transfer_params").properties()) {
            JsonNode host = item.getValue().path("peer_host");
            int port = item.getValue().path("peer_port").asInt();
            if (host.isTextual() && isPort(port)) {
                encoded.put(item.getKey(), new Peer(host.textValue(), port));
            }
        }
        return encoded;
    }

    private static OptionalDouble threshold(JsonNode value) throws RequestRefused {
        if (value.isMissingNode() || value.isNull()) {
            return OptionalDouble.empty();
        }
        if (!value.isNumber() || value.doubleValue() < 0 || value.doubleValue() > 1) {
            throw new RequestRefused(ApiError.badRequest(
                    "cache_hit_threshold: " + value + " (expected: 0 to 1)", "cache_hit_threshold"));
        }
        return OptionalDouble.of(value.doubleValue());
    }

    private static RequestRefused refuse(String message) {
        return new RequestRefused(ApiError.badRequest(message, null));
    }
}
