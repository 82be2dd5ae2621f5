package io.bactrian.engine.connector;

import io.bactrian.api.AnswerCorrection;
import io.bactrian.api.BodyEdits;
import io.bactrian.api.BodyPlaces;
import io.bactrian.api.FirstToken;
import io.bactrian.api.Splice;
import io.bactrian.disaggregation.SplitSettings;
import io.bactrian.endpoint.Endpoint;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How KV blocks get from the endpoint that computes a prompt to the one that answers. Safe between threads. */
public interface KvConnector {

    /** When the two legs of a request are sent. */
    enum Order {
        /** Decode follows the answer of prefill. */
        PREFILL_THEN_DECODE,
        /** Both at once; they meet by themselves. */
        TOGETHER
    }

    /** Returns its name in the configuration and in metrics. */
    String name();

    /** Returns when the legs are sent. */
    Order order();

    /**
     * Tells whether a prefill endpoint holds blocks for one fetch until its lease ends, so that nobody may fetch twice, and a
     * request that is given up should still fetch.
     */
    default boolean holdsBlocks() {
        return true;
    }

    /**
     * Tells whether blocks stay, at either endpoint, until a decode endpoint makes use of them, so that a request that is given up should
     * still decode.
     */
    default boolean leavesBlocks() {
        return holdsBlocks();
    }

    /** Tells whether the prompt computed for one decode endpoint serves another as well. */
    default boolean servesAnyDecode() {
        return true;
    }

    /** Tells whether {@code request} can be split at all: blocks that can be fetched once serve one answer to one prompt. */
    default boolean takes(SplitRequest request) {
        return request.prompts() == 1 && request.choices() == 1;
    }

    /** Tells whether {@link #takes} takes time in proportion to the body. */
    default boolean looksThroughBody() {
        return false;
    }

    /** Tells whether the ids of the prompt's tokens must be asked for before an attempt. */
    default boolean wantsTokens(SplitRequest request) {
        return false;
    }

    /**
     * Tells whether the decode endpoint is asked first, and answers unless too little of the prompt is cached for the client's taste: then
     * it says so, and the prompt is computed.
     */
    default boolean triesDecodeFirst(SplitRequest request) {
        return false;
    }

    /**
     * Where both legs are sent at once, tells whether the answer is held until the prompt is computed: because it is worth nothing
     * otherwise, or is to be completed by what the prefill endpoint answers.
     */
    default boolean holdsAnswer(SplitRequest request) {
        return false;
    }

    /** Returns what the answer is to say in place of what the decode endpoint says, which has not computed the prompt. */
    default AnswerCorrection correction(PrefillAnswer prefill) {
        return new AnswerCorrection(prefill.cachedTokens(), "");
    }

    /**
     * Returns what makes an endpoint that computes a prompt itself load cached blocks of {@code source}; nothing if only one that computes for
     * another can.
     */
    default List<Splice> whole(BodyPlaces places, Endpoint source) {
        return List.of();
    }

    /** Begins one attempt, with names of its own for what is to be transferred. */
    Handoff begin(SplitRequest request);

    /** One attempt. */
    interface Handoff {
        /** Returns what the prefill leg carries. */
        Leg prefill();

        /**
         * Returns what the decode leg carries.
         *
         * @param answer of the prefill leg; null where both legs are sent together
         */
        Leg decode(@Nullable PrefillAnswer answer);

        /**
         * Reads the answer of the prefill leg.
         *
         * @throws IOException if it is none by which the request can go on
         */
        default PrefillAnswer read(byte[] body) throws IOException {
            return PrefillAnswer.read(body);
        }

        /**
         * Returns the name under which a prefill server tells that blocks which it pushes have arrived; empty if its answer says so, or
         * nothing is pushed.
         */
        default String pushName() {
            return "";
        }

        /** Tells whether the prefill endpoint has given the whole answer, so that nothing is left to decode. */
        default boolean isAnswered(PrefillAnswer answer) {
            return false;
        }

        /** Returns the token that the decode leg goes on behind, and that the client's answer begins with; null if there is none. */
        default @Nullable FirstToken inFront(PrefillAnswer answer) {
            return null;
        }

        /** Returns what makes the decode endpoint of {@code request}, which is given up, use up the blocks, and generate one token. */
        default Leg drain(SplitRequest request, @Nullable PrefillAnswer answer) {
            Leg leg = decode(answer);
            return new Leg(BodyEdits.merge(request.primed().splices(), leg.splices()), leg.headers());
        }
    }

    /** Returns the connector that {@code settings} name. */
    static KvConnector of(SplitSettings settings) {
        return switch (settings.kvConnector()) {
            case "shared-storage" -> new SharedStorage();
            case "sglang" -> new Sglang(settings.sglangBootstrapPort());
            case "mooncake" -> new Mooncake(settings.mooncakeBootstrapPort());
            case "offloading" -> new Offloading(settings.p2pPort());
            case "p2p-nccl" -> new P2pNccl();
            case "lmcache" -> new Lmcache(settings.lmcache());
            case "moriio" -> new MoriIo(settings.moriio());
            default -> new NixlV2(settings.p2pPort());
        };
    }
}
