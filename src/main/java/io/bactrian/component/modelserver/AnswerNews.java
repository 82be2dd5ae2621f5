package io.bactrian.component.modelserver;

import io.bactrian.api.TokenUsage;
import io.bactrian.exchange.InferenceExchange;
import io.bactrian.relay.ResponseFlow;
import io.bactrian.scheduling.AnswerListener;
import io.bactrian.scheduling.ReportedUsage;
import io.netty.handler.codec.http.HttpResponse;
import org.jspecify.annotations.Nullable;

/** Tells who follows a request what its answer says of itself. */
final class AnswerNews {
    private static final int OK = 200;

    private final InferenceExchange inference;
    private @Nullable AnswerListener listener; // once the answer has begun
    private boolean named;

    AnswerNews(InferenceExchange inference) {
        this.inference = inference;
    }

    /** The answer begins; who follows the request may change its head. */
    void begins(HttpResponse head) {
        inference.choice().answerBegins(head.headers()::set, isResult(head));
        listener = inference.choice().answerListener(); // the choice is let go from here on
    }

    /** More has come of the answer, which may say what it is called. */
    void advanced(HttpResponse head, ResponseFlow flow) {
        String name = named ? "" : flow.name();
        if (!name.isEmpty() && isResult(head)) {
            named = true;
            listener().named(name);
        }
    }

    /** The answer is there, and has said what it took. */
    void ended(HttpResponse head, ResponseFlow flow) {
        TokenUsage usage = flow.usage(inference.request().promptTokens());
        if (head.status().code() == OK && !usage.estimated()) {
            listener().reported(new ReportedUsage(usage.promptTokens(), usage.cachedTokens()));
        }
    }

    private AnswerListener listener() {
        return listener == null ? inference.choice().answerListener() : listener;
    }

    private static boolean isResult(HttpResponse head) {
        return head.status().code() / 100 == 2;
    }
}
