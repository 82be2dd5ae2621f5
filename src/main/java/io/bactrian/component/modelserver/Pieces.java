package io.bactrian.component.modelserver;

import io.bactrian.api.ChatPieces;
import io.bactrian.exchange.InferenceExchange;
import io.bactrian.request.Api;
import io.bactrian.scheduling.Decision;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** In how long pieces chats are generated, and what was learnt of whether that can be done. Safe between threads. */
final class Pieces {
    private static final Logger LOG = LoggerFactory.getLogger(Pieces.class);

    private final int tokens;
    private volatile boolean canGoOn = true;

    /** @param tokens 0 for whole answers */
    Pieces(int tokens) {
        this.tokens = tokens;
    }

    int tokens() {
        return tokens;
    }

    /** Tells whether {@code inference} is a chat, whole at one endpoint, that may be longer than a piece. */
    boolean mayTake(InferenceExchange inference) {
        int limit = inference.request().maxOutputTokens().orElse(Integer.MAX_VALUE);
        return tokens > 0
                && canGoOn
                && limit > tokens
                && inference.request().api() == Api.CHAT_COMPLETIONS
                && inference.split() == null
                && inference.request().attributes().get(Decision.CACHE_SOURCE) == null
                && inference.decision().encodeEndpoints().isEmpty()
                && !inference.finish().hasEnded();
    }

    /** Begins such a chat in pieces, if all it asks for comes out alike in pieces; else in one go. On its event loop. */
    void begin(RequestScope scope, Answer answer) {
        scope.read(() -> ChatPieces.of(scope.inference().body()), chat -> begin(scope, answer, chat));
    }

    private void begin(RequestScope scope, Answer answer, Optional<ChatPieces> chat) {
        if (chat.isEmpty() || scope.inference().finish().hasEnded()) {
            new DecodeCall(scope, answer).begin();
        } else {
            new PieceCall(scope, answer, chat.get(), this).begin();
        }
    }

    /** Notes that the engine cannot continue a message, or that its model's answers are more than text. */
    void cannotGoOn() {
        if (canGoOn) {
            LOG.warn("answers cannot be continued from their text, and are generated in one go from here on");
        }
        canGoOn = false;
    }
}
