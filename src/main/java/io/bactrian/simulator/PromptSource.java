package io.bactrian.simulator;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bactrian.simulator.TransferRequest.Fetch;
import io.bactrian.simulator.TransferRequest.Peer;
import io.bactrian.simulator.engine.ExternalKv;
import io.bactrian.simulator.engine.InferenceEngine;
import io.bactrian.simulator.engine.TokenIds;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gets what other servers have of one prompt: first the encoded media, then the KV entries.
 *
 * <p>What does not come is computed here and counted, unless the request cannot do without it.
 */
final class PromptSource implements ExternalKv {
    private static final Logger LOG = LoggerFactory.getLogger(PromptSource.class);

    private final TransferDesk desk;
    private final TransferRequest request;
    private final @Nullable Fetch fetch;
    private final @Nullable SharedKvStore store;
    private final TokenIds prompt;
    private final long cacheRoot;
    private final Consumer<ApiError> onFailure;
    private final Deque<Map.Entry<String, Peer>> media = new ArrayDeque<>();
    private Runnable cancel = () -> {};
    private boolean isCancelled;

    PromptSource(
            TransferDesk desk,
            TransferRequest request,
            @Nullable Fetch fetch,
            @Nullable SharedKvStore store,
            TokenIds prompt,
            long cacheRoot,
            Consumer<ApiError> onFailure) {
        this.desk = desk;
        this.request = request;
        this.fetch = fetch;
        this.store = store;
        this.prompt = prompt;
        this.cacheRoot = cacheRoot;
        this.onFailure = onFailure;
    }

    /** Tells whether there is anything to get, or to encode first. */
    boolean isNeeded() {
        return fetch != null
                || store != null
                || !request.media().isEmpty()
                || desk.received().has(prompt, cacheRoot);
    }

    @Override
    public Runnable load(int localTokens, IntConsumer loaded) {
        media.addAll(request.encoded().entrySet());
        int toEncode = 0;
        for (String hash : request.media()) {
            if (!request.encoded().containsKey(hash)) {
                desk.encode(hash);
                toEncode++;
            }
        }
        long nanos = desk.options().encodeDuration().toNanos() * toEncode;
        desk.engine().after(nanos, () -> nextMedia(localTokens, loaded));
        return () -> {
            isCancelled = true;
            cancel.run();
        };
    }

    private void nextMedia(int localTokens, IntConsumer loaded) {
        if (isCancelled) {
            return;
        }
        Map.Entry<String, Peer> next = media.poll();
        if (next == null) {
            fetch(localTokens, loaded);
            return;
        }
        ObjectNode question = JsonNodeFactory.instance.objectNode().put("hash", next.getKey());
        cancel = desk.ask(next.getValue(), TransferDesk.ENCODED, question, Duration.ZERO, answer -> {
            if (answer.status() == 200) {
                desk.counts().encoderReads++;
                nextMedia(localTokens, loaded);
            } else {
                desk.counts().encoderMisses++;
                desk.encode(next.getKey());
                desk.engine().after(desk.options().encodeDuration().toNanos(), () -> nextMedia(localTokens, loaded));
            }
        });
    }

    private void fetch(int localTokens, IntConsumer loaded) {
        if (fetch != null) {
            if (fetch.name().isEmpty()) {
                copy(fetch, localTokens, loaded);
            } else {
                read(fetch, localTokens, loaded);
            }
        } else if (desk.received().has(prompt, cacheRoot)) {
            arrived(desk.received().take(prompt, cacheRoot), localTokens, loaded);
        } else if (store != null) {
            int stored = store.leadingBlocks(hashes()) * desk.engine().options().blockSizeTokens();
            cancel = desk.link().start(Math.max(0, stored - localTokens), () -> arrived(stored, localTokens, loaded));
        } else {
            loaded.accept(0);
        }
    }

    private void read(Fetch wanted, int localTokens, IntConsumer loaded) {
        ObjectNode question = JsonNodeFactory.instance
                .objectNode()
                .put("name", wanted.name())
                .put("engine_id", wanted.engineId())
                .put("local_tokens", localTokens)
                .put("prompt_hash", InferenceEngine.promptHash(prompt, cacheRoot))
                .put("patience_millis", wanted.patience().toMillis());
        cancel = desk.ask(wanted.from(), TransferDesk.READ, question, wanted.patience(), answer -> {
            if (answer.status() == 200) {
                arrived(prompt.size(), localTokens, loaded);
            } else {
                failed(wanted, answer, loaded);
            }
        });
    }

    private void copy(Fetch wanted, int localTokens, IntConsumer loaded) {
        ObjectNode question = JsonNodeFactory.instance.objectNode().put("local_tokens", localTokens);
        for (long hash : hashes()) {
            question.withArray("block_hashes").add(hash);
        }
        cancel = desk.ask(wanted.from(), TransferDesk.COPY, question, wanted.patience(), answer -> {
            if (answer.status() == 200) {
                arrived(answer.body().path("tokens").asInt(), localTokens, loaded);
            } else {
                failed(wanted, answer, loaded);
            }
        });
    }

    private void arrived(int tokens, int localTokens, IntConsumer loaded) {
        if (tokens > localTokens) {
            desk.counts().loads++;
        }
        loaded.accept(tokens);
    }

    private void failed(Fetch wanted, PeerClient.Answer answer, IntConsumer loaded) {
        desk.counts().failedLoads++;
        String why = answer.status() == 0
                ? "no answer"
                : answer.status() + " " + answer.body().path("outcome").asText();
        LOG.warn(
                "{} of 127.0.0.1:{} did not come: {}",
                wanted.name(),
                wanted.from().port(),
                why);
        if (wanted.isRequired()) {
            onFailure.accept(ApiError.of(500, wanted.name() + ": KV transfer failed: " + why));
        } else {
            loaded.accept(0);
        }
    }

    private long[] hashes() {
        return desk.engine().blockHashes(prompt, cacheRoot);
    }
}
