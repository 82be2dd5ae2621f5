package io.bactrian.engine.connector;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.bactrian.disaggregation.MoriIoSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * vLLM's MoRI-IO connector in write mode: the prefill server writes into the decode server's memory, so that it is told
 * beforehand where that is. Of several data-parallel ranks the request's id chooses one, alike for everybody who knows it.
 */
final class MoriIo implements KvConnector {
    private static final JsonFactory FACTORY = new JsonFactory();
    private static final String RANK_HEADER = "x-data-parallel-rank";

    private final MoriIoSettings settings;

    MoriIo(MoriIoSettings settings) {
        this.settings = settings;
    }

    @Override
    public String name() {
        return "moriio";
    }

    @Override
    public Order order() {
        return settings.parallelDispatch() ? Order.TOGETHER : Order.PREFILL_THEN_DECODE;
    }

    @Override
    public boolean servesAnyDecode() {
        return false;
    }

    /** Blocks that were never written are no reason to answer. */
    @Override
    public boolean holdsAnswer(SplitRequest request) {
        return settings.parallelDispatch();
    }

    /** Returns the rank that {@code requestId} belongs to, of {@code ranks}. */
    static int rank(String requestId, int ranks) {
        if (ranks <= 1) {
            return 0;
        }
        byte[] digest = Blake2s.digest(requestId.getBytes(StandardCharsets.UTF_8));
        return (int) Long.remainderUnsigned(ByteBuffer.wrap(digest).getLong(), ranks);
    }

    @Override
    public Handoff begin(SplitRequest request) {
        int ranks = settings.dpSize();
        int rank = rank(request.id(), ranks);
        String transfer = "tx" + request.id();
        return new Handoff() {
            @Override
            public Leg prefill() {
                String params = "{\"do_remote_decode\":true,\"do_remote_prefill\":false,\"remote_engine_id\":null,"
                        + "\"remote_block_ids\":null,\"remote_host\":\"" + request.decodeHost()
                        + "\",\"remote_port\":null,\"remote_notify_port\":" + settings.notifyPort()
                        + ",\"remote_handshake_port\":" + settings.handshakePort() + ",\"remote_dp_rank\":" + rank
                        + ",\"remote_dp_rank_override\":true,\"transfer_id\":\"" + transfer + "\",\"tp_size\":"
                        + settings.tpSize() + ",\"remote_dp_size\":" + ranks + "}";
                return new Leg(request.primed().set(NixlV2.PARAMS, params).splices(), rankHeader(rank));
            }

            @Override
            public Leg decode(@Nullable PrefillAnswer answer) {
                if (settings.parallelDispatch()) {
                    return new Leg(
                            request.original().set(NixlV2.PARAMS, foretold()).splices(), rankHeader(rank));
                }
                if (answer == null || !answer.hasParams()) {
                    return new Leg(List.of(), rankHeader(rank));
                }
                Map<String, String> missing = new LinkedHashMap<>();
                missing.put("transfer_id", '"' + transfer + '"');
                missing.put("remote_notify_port", String.valueOf(settings.notifyPort()));
                missing.put("remote_handshake_port", String.valueOf(settings.handshakePort()));
                missing.put("remote_dp_size", String.valueOf(ranks));
                int[] answered = {rank};
                String params = filled(answer.kvTransferParams(), missing, ranks, answered);
                return new Leg(request.original().set(NixlV2.PARAMS, params).splices(), rankHeader(answered[0]));
            }

            /** What the prefill server would answer, said before it does: the decode server tells it where to write. */
            private String foretold() {
                String host = request.prefillHost();
                int handshake = settings.prefillHandshakePort();
                return "{\"do_remote_prefill\":true,\"do_remote_decode\":false,\"remote_engine_id\":\"" + host + ":"
                        + handshake + "\",\"remote_block_ids\":[],\"remote_host\":\"" + host + "\",\"remote_port\":"
                        + handshake
                        + ",\"remote_notify_port\":" + settings.prefillNotifyPort() + ",\"remote_dp_rank\":" + rank
                        + ",\"remote_dp_rank_override\":true,\"remote_handshake_port\":" + handshake
                        + ",\"transfer_id\":\"" + transfer + "\",\"tp_size\":" + settings.tpSize()
                        + ",\"remote_dp_size\":"
                        + ranks + "}";
            }
        };
    }

    private Map<String, String> rankHeader(int rank) {
        Map<String, String> headers = new HashMap<>();
        if (settings.dpSize() > 1) {
            headers.put(RANK_HEADER, String.valueOf(rank));
        }
        return headers;
    }

    /** Returns {@code params} with those of {@code missing} that it lacks; sets {@code rank[0]} to its rank, if it has a usable one. */
    private static String filled(String params, Map<String, String> missing, int ranks, int[] rank) {
        Map<String, String> lacking = new LinkedHashMap<>(missing);
        boolean empty = true;
        try (JsonParser parser = FACTORY.createParser(params)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                empty = false;
                String name = parser.currentName();
                lacking.remove(name);
                JsonToken value = parser.nextToken();
                if (name.equals("remote_dp_rank") && value == JsonToken.VALUE_NUMBER_INT) {
                    long given =
                            parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER ? -1 : parser.getLongValue();
                    rank[0] = given >= 0 && given < ranks ? (int) given : rank[0];
                }
                parser.skipChildren();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("reading what has been read before", e);
        }
        StringBuilder filled = new StringBuilder(params);
        int close = filled.lastIndexOf("}");
        StringBuilder more = new StringBuilder();
        lacking.forEach((name, value) ->
                more.append(',').append('"').append(name).append("\":").append(value));
        return filled.insert(close, empty && !more.isEmpty() ? more.substring(1) : more.toString())
                .toString();
    }
}
