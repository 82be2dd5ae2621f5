package io.bactrian.engine.connector;

import io.bactrian.api.BodyEdits;
import io.bactrian.api.FirstToken;
import io.bactrian.api.TextCompletion;
import io.bactrian.disaggregation.LmcacheSettings;
import java.io.IOException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * LMCache's disaggregation: the prefill server pushes what it computes to the LMCache of one decode server, and returns the first token;
 * the decode server is asked for what follows, with that token at the end of its prompt, and finds the blocks by the prompt's tokens. The
 * protocol is that of LMCache's proxy (https://github.com/LMCache/LMCache, examples/disagg_prefill/disagg_proxy_server.py).
 *
 * <p>The prefill server holds nothing: its sender stores nothing, and the engine frees its blocks at once ({@code request_finished} of
 * LMCache's vLLM adapter). What was pushed stays in the decode server's buffer until a request reads it, without a lease
 * (lmcache/v1/storage_backend/pd_backend.py). Another decode server computes the prompt itself, and goes on behind the same token.
 *
 * <p>Senders that write on a thread of their own (LMCache #2972) tell by ZeroMQ when the blocks are there, which may be after the answer.
 */
final class Lmcache implements KvConnector {
    private static final String INIT_PORT_LABEL = "bactrian.io/lmcache-init-port";
    private static final String ALLOC_PORT_LABEL = "bactrian.io/lmcache-alloc-port";
    private static final String COMPLETIONS = "/v1/completions";
    private static final String PROMPT = "prompt";
    private static final String MAX_TOKENS = "max_tokens";
    private static final int MAX_PORT = 65_535;

    private final LmcacheSettings settings;

    Lmcache(LmcacheSettings settings) {
        this.settings = settings;
    }

    @Override
    public String name() {
        return "lmcache";
    }

    @Override
    public Order order() {
        return Order.PREFILL_THEN_DECODE;
    }

    @Override
    public boolean holdsBlocks() {
        return false;
    }

    @Override
    public boolean leavesBlocks() {
        return true;
    }

    @Override
    public boolean servesAnyDecode() {
        return false;
    }

    @Override
    public boolean looksThroughBody() {
        return true;
    }

    @Override
    public boolean takes(SplitRequest request) {
        return KvConnector.super.takes(request)
                && request.target().split("\\?", 2)[0].equals(COMPLETIONS)
                && lastPort(request, INIT_PORT_LABEL, settings.initPort()) <= MAX_PORT
                && lastPort(request, ALLOC_PORT_LABEL, settings.allocPort()) <= MAX_PORT
                && TextCompletion.goesInTwo(request.places());
    }

    private int lastPort(SplitRequest request, String label, int absent) {
        return SplitRequest.port(request.decode(), label, absent) + settings.tpSize() - 1;
    }

    @Override
    public boolean wantsTokens(SplitRequest request) {
        return request.promptTokens().isEmpty() && request.places().begins(PROMPT, '"');
    }

    @Override
    public Handoff begin(SplitRequest request) {
        String ids = request.promptTokens().isEmpty() ? request.places().json(PROMPT) : request.promptTokens();
        String limit = request.places().json(MAX_TOKENS);
        int maxTokens = limit.isEmpty() ? TextCompletion.DEFAULT_MAX_TOKENS : Integer.parseInt(limit);
        // The receiver reserves memory by this name, so that no two attempts may share it (pd_backend_async.py).
        String name = request.id() + "-" + TransferId.random();
        return new Handoff() {
            @Override
            public Leg prefill() {
                String params = "{\"ret_first_tok\":true,\"disagg_spec\":{\"req_id\":\"" + name
                        + "\",\"receiver_host\":\"" + request.decodeHost() + "\",\"receiver_init_port\":"
                        + ports(request, INIT_PORT_LABEL, settings.initPort()) + ",\"receiver_alloc_port\":"
                        + ports(request, ALLOC_PORT_LABEL, settings.allocPort()) + "}}";
                return new Leg(request.primed()
                        .set(PROMPT, ids)
                        .set(NixlV2.PARAMS, params)
                        .splices());
            }

            @Override
            public String pushName() {
                return settings.isNotified() ? name : "";
            }

            @Override
            public PrefillAnswer read(byte[] body) throws IOException {
                return PrefillAnswer.read(body).with(FirstToken.read(body));
            }

            @Override
            public boolean isAnswered(PrefillAnswer answer) {
                FirstToken first = answer.first();
                return first != null && first.isLast();
            }

            @Override
            public @Nullable FirstToken inFront(PrefillAnswer answer) {
                FirstToken first = answer.first();
                return first != null && first.hasOwnText() ? first : null;
            }

            @Override
            public Leg decode(@Nullable PrefillAnswer answer) {
                FirstToken first = answer == null ? null : inFront(answer);
                BodyEdits edits = request.original();
                if (first == null) {
                    return new Leg(edits.set(PROMPT, ids).splices()); // which generates that token again
                }
                return new Leg(edits.set(PROMPT, behind(ids, first))
                        .set(MAX_TOKENS, String.valueOf(maxTokens - 1))
                        .splices());
            }

            @Override
            public Leg drain(SplitRequest same, @Nullable PrefillAnswer answer) {
                FirstToken first = answer == null ? null : answer.first();
                String prompt = first == null ? ids : behind(ids, first);
                return new Leg(request.primed().set(PROMPT, prompt).splices());
            }
        };
    }

    /** Returns the port of each rank; the label of the decode endpoint says which is the first. */
    private String ports(SplitRequest request, String label, int absent) {
        int first = SplitRequest.port(request.decode(), label, absent);
        return IntStream.range(first, first + settings.tpSize())
                .mapToObj(String::valueOf)
                .collect(Collectors.joining(",", "[", "]"));
    }

    private static String behind(String ids, FirstToken first) {
        return ids.substring(0, ids.lastIndexOf(']')) + "," + first.id() + "]";
    }
}
