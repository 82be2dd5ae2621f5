package io.bactrian.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bactrian.simulator.engine.FinishReason;
import io.bactrian.simulator.engine.Handoff;
import io.bactrian.simulator.engine.InferenceEngine;
import io.bactrian.simulator.engine.SequenceRequest;
import io.bactrian.simulator.engine.Submission;
import io.bactrian.simulator.engine.TokenIds;
import io.bactrian.simulator.text.AnswerLimits;
import io.bactrian.simulator.text.PlannedAnswer;
import io.netty.buffer.ByteBufInputStream;
import io.netty.handler.codec.http.FullHttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Takes completion requests: refuses them for all the reasons a vLLM server has, or hands them to the engine. */
final class Completions {
    private static final String FORCED_ERROR = "x-return-error";
    private static final String FORCED_THRESHOLD = "x-cache-threshold-finish-reason";
    private static final String REQUEST_ID = "x-request-id";

    private final SimulatedModelServerOptions options;
    private final ServerParts parts;
    private final InferenceEngine engine;
    private final Faults faults;
    private final RequestCounts counts;
    private final CompletionRequestReader reader;
    private final @Nullable SharedKvStore store;
    private final SplittableRandom ids;

    Completions(ServerParts parts, @Nullable SharedKvStore store) {
        this.parts = parts;
        this.options = parts.options();
        this.engine = parts.engine();
        this.faults = parts.faults();
        this.counts = parts.counts();
        this.store = store;
        this.reader = new CompletionRequestReader(
                options, parts.adapters(), parts.desk().reader());
        this.ids = new SplittableRandom(options.engine().seed());
    }

    /**
     * Answers a completion request, or begins to.
     *
     * @return the answer under way; null if the request was refused
     */
    @Nullable
    CompletionAnswer serve(boolean isChat, FullHttpRequest http, ResponseWriter writer, FailureInjection failures) {
        String requestId = http.headers().get(REQUEST_ID);
        if (options.echoRequestId() && requestId != null) {
            writer.header(REQUEST_ID, requestId);
        }
        try {
            return accept(isChat, http, writer, failures, idOf(requestId));
        } catch (RequestRefused e) {
            counts.refused();
            writer.error(e.error());
            return null;
        }
    }

    /** Answers which tokens a text has, as vLLM does. */
    void tokenize(FullHttpRequest http, ResponseWriter writer) {
        try {
            JsonNode body = CompletionRequestReader.parse(new ByteBufInputStream(http.content()));
            TokenIds tokens = reader.tokenize(body);
            ObjectNode answer = JsonNodeFactory.instance
                    .objectNode()
                    .put("count", tokens.size())
                    .put("max_model_len", options.maxModelTokens());
            ArrayNode ids = answer.putArray("tokens");
            for (int i = 0; i < tokens.size(); i++) {
                ids.add(Integer.toUnsignedLong(tokens.get(i)));
            }
            writer.whole(200, "application/json", answer.toString().getBytes(StandardCharsets.UTF_8));
        } catch (RequestRefused e) {
            writer.error(e.error());
        }
    }

    private CompletionAnswer accept(
            boolean isChat, FullHttpRequest http, ResponseWriter writer, FailureInjection failures, String id)
            throws RequestRefused {
        JsonNode body = CompletionRequestReader.parse(new ByteBufInputStream(http.content()));
        failIfTold(http, failures, id);
        CompletionRequest request = reader.read(isChat, body, http.headers().get(REQUEST_ID));
        AnswerTransfers transfers = new AnswerTransfers(parts.desk(), request, store);
        List<Choice> choices;
        try {
            choices = plan(request, id, transfers);
        } catch (RequestRefused e) {
            transfers.abort();
            throw e;
        }
        String answerId = (isChat ? "chatcmpl-" : "cmpl-") + id;
        long created = options.fixedCreated().orElseGet(() -> System.currentTimeMillis() / 1000);
        CompletionAnswer answer = new CompletionAnswer(
                request, choices, new AnswerFormat(request, answerId, created), writer, parts, transfers);
        if (isBelowThreshold(request, http)) {
            parts.desk().counts().belowThreshold++;
            transfers.abort();
            choices.forEach(choice -> choice.endWith(FinishReason.CACHE_THRESHOLD));
        } else {
            try {
                submit(choices, answer);
            } catch (RequestRefused e) {
                transfers.abort();
                throw e;
            }
        }
        counts.started();
        writer.dieAfter(faults.takeDeath());
        return answer;
    }

    private String idOf(@Nullable String requestId) {
        // Drawn even if it is not used: ids depend on the number of requests alone.
        String drawn = Long.toHexString(ids.nextLong());
        if (!options.fixedId().isEmpty()) {
            return options.fixedId();
        }
        return requestId == null ? drawn : requestId;
    }

    private void failIfTold(FullHttpRequest http, FailureInjection failures, String id) throws RequestRefused {
        String forced = http.headers().get(FORCED_ERROR);
        if (forced != null) {
            if (!forced.matches("[45]\\d\\d")) {
                throw new RequestRefused(
                        ApiError.badRequest("X-Return-Error: " + forced + " (expected: 400 to 599)", null));
            }
            throw new RequestRefused(ApiError.of(Integer.parseInt(forced), "forced by X-Return-Error"));
        }
        int status = faults.takeFailure();
        if (status != 0) {
            throw new RequestRefused(ApiError.of(status, "failing as told"));
        }
        Optional<FailureType> drawn = failures.draw(randomFor("failure/" + id));
        if (drawn.isPresent()) {
            throw new RequestRefused(drawn.get().error());
        }
    }

    /** Tells whether so little of the prompt is cached that the client would rather have it computed elsewhere. */
    private boolean isBelowThreshold(CompletionRequest request, FullHttpRequest http) {
        OptionalDouble threshold = request.transfer().cacheHitThreshold();
        if ("true".equals(http.headers().get(FORCED_THRESHOLD))) {
            return true;
        }
        if (threshold.isEmpty() || request.transfer().prompts().stream().anyMatch(prompt -> prompt.fetch() != null)) {
            return false;
        }
        int cached = 0;
        for (TokenIds prompt : request.prompts()) {
            int stored = store == null
                    ? 0
                    : store.leadingBlocks(engine.blockHashes(prompt, cacheRoot(request)))
                            * options.engine().blockSizeTokens();
            cached += Math.max(stored, engine.cachedTokens(prompt, cacheRoot(request)));
        }
        return cached < threshold.getAsDouble() * request.promptTokens();
    }

    private long cacheRoot(CompletionRequest request) {
        String adapter = adapter(request);
        String model = adapter.isEmpty() ? options.models().get(0) : adapter; // what is computed differs by adapter
        return InferenceEngine.seedFor(0, model + '\0' + request.cacheSalt());
    }

    private String adapter(CompletionRequest request) {
        return options.models().contains(request.model()) ? "" : request.model();
    }

    private List<Choice> plan(CompletionRequest request, String id, AnswerTransfers transfers) throws RequestRefused {
        long cacheRoot = cacheRoot(request);
        OptionalInt maxTokens = request.isPrefillOnly() ? OptionalInt.of(1) : request.maxTokens();
        List<Choice> choices = new ArrayList<>();
        for (int p = 0; p < request.prompts().size(); p++) {
            TokenIds prompt = request.prompts().get(p);
            AnswerLimits limits = new AnswerLimits(
                    maxTokens,
                    request.isPrefillOnly() ? 0 : request.minTokens(),
                    request.ignoreEos(),
                    options.maxModelTokens() - prompt.size(),
                    request.stop());
            for (int i = 0; i < request.choices(); i++) {
                String sequenceId = id + '-' + choices.size();
                PlannedAnswer plan = PlannedAnswer.draw(limits, textRandom(request, prompt, sequenceId, i));
                Handoff handoff = transfers.handoff(sequenceId, p, i, cacheRoot);
                SequenceRequest sequence = new SequenceRequest(
                        sequenceId, prompt, plan, cacheRoot, request.maxTokens(), handoff, adapter(request));
                choices.add(new Choice(choices.size(), plan, sequence));
            }
        }
        return choices;
    }

    /** Greedy and seeded answers depend on model and prompt alone, others on the request's id and this server's seed. */
    private SplittableRandom textRandom(CompletionRequest request, TokenIds prompt, String sequenceId, int choice) {
        if (!request.isGreedy() && request.seed().isEmpty()) {
            return randomFor("text/" + sequenceId);
        }
        long hash = InferenceEngine.seedFor(0, options.models().get(0));
        for (int i = 0; i < prompt.size(); i++) {
            hash = hash * 31 + prompt.get(i);
        }
        return new SplittableRandom(
                request.isGreedy() ? hash : hash ^ (request.seed().getAsLong() * 31 + choice));
    }

    private void submit(List<Choice> choices, CompletionAnswer answer) throws RequestRefused {
        if (!engine.hasRoomFor(choices.size())) {
            throw new RequestRefused(
                    ApiError.of(429, "waiting queue: " + engine.waiting() + " requests (expected: room for one more)"));
        }
        for (Choice choice : choices) {
            Submission submission = choice.submit(engine, answer);
            if (submission instanceof Submission.NeverFits never) {
                choices.forEach(submitted -> submitted.abort(engine));
                throw new RequestRefused(ApiError.badRequest(
                        "prompt: " + never.neededBlocks() + " KV blocks (expected: at most " + never.kvBlocks() + ")",
                        null));
            }
            if (submission instanceof Submission.QueueFull full) {
                throw new IllegalStateException("the queue had room, yet is full at " + full.waiting());
            }
        }
    }

    private SplittableRandom randomFor(String purpose) {
        return new SplittableRandom(InferenceEngine.seedFor(options.engine().seed(), purpose));
    }
}
