package io.bactrian.component.modelserver;

import io.bactrian.api.ChatPieces;
import io.bactrian.exchange.InferenceExchange;
import io.bactrian.request.Api;
import io.netty.channel.EventLoop;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** In how long pieces chats are generated, and what was learnt of whether that can be done. Safe between threads. */
final class Pieces {
    private static final Logger LOG = LoggerFactory.getLogger(Pieces.class);

    private static final int MAX_BYTES_ON_EVENT_LOOP = 256 * 1024;

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
                && inference.cacheSplices().isEmpty()
                && inference.decision().encodeEndpoints().isEmpty()
                && !inference.finish().hasEnded();
    }

    /** Begins such a chat in pieces, if all it asks for comes out alike in pieces; else in one go. On its event loop. */
    void begin(ModelServerComponent.Services services, InferenceExchange inference, EventLoop loop, Answer answer) {
        if (inference.body().length() <= MAX_BYTES_ON_EVENT_LOOP) {
            begin(services, inference, loop, answer, ChatPieces.of(inference.body()));
            return;
        }
        inference.body().retain();
        try {
            services.workers().execute(() -> {
                try {
                    Optional<ChatPieces> chat = ChatPieces.of(inference.body());
                    loop.execute(() -> begin(services, inference, loop, answer, chat));
                } finally {
                    inference.body().release();
                }
            });
        } catch (RejectedExecutionException e) {
            inference.body().release();
            throw e;
        }
    }

    private void begin(
            ModelServerComponent.Services services,
            InferenceExchange inference,
            EventLoop loop,
            Answer answer,
            Optional<ChatPieces> chat) {
        if (chat.isEmpty() || inference.finish().hasEnded()) {
            new DecodeCall(services, inference, loop, answer).begin();
        } else {
            new PieceCall(services, inference, loop, answer, chat.get(), this).begin();
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
