package io.bactrian.tokenizer;

import io.bactrian.request.Api;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** Somebody who counts the tokens of requests better than an estimate. Safe between threads. */
interface TokenBackend {

    /** Returns what a count's source is called. */
    String name();

    /** Tells whether requests of {@code api} can be counted. */
    boolean counts(Api api);

    /** Returns how long a request waits. */
    Duration timeout(boolean hasMedia);

    /** Tells whether a count has the pictures, videos and sounds of a request in it. */
    boolean countsMedia();

    /** Returns where the work is begun. */
    Executor threads();

    /**
     * Counts {@code body}, a request of {@code api}; called on one of its {@link #threads()}.
     *
     * @return completes when nothing of the work goes on any more, be it late; {@link UncountableException} says why a request cannot be
     *     counted
     */
    CompletableFuture<Integer> count(Api api, byte[] body, Deadline deadline);
}
