package io.bactrian.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import io.bactrian.simulator.engine.InferenceEngine;
import io.bactrian.simulator.engine.SequenceRequest;
import io.bactrian.simulator.engine.Submission;
import io.bactrian.simulator.engine.TokenIds;
import io.bactrian.simulator.text.AnswerLimits;
import io.bactrian.simulator.text.PlannedAnswer;
import io.netty.buffer.ByteBufInputStream;
import io.netty.handler.codec.http.FullHttpRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Takes completion requests: refuses them for all the reasons a vLLM server has, or hands them to the engine. */
final class Completions {
    private static final String FORCED_ERROR = "x-return-error";
    private static final String REQUEST_ID = "x-request-id";

    private final SimulatedModelServerOptions options;
    private final InferenceEngine engine;
    private final FlushQueue flushes;
    private final Faults faults;
    private final RequestCounts counts;
    private final CompletionRequestReader reader;
    private final SplittableRandom ids;

    Completions(
            SimulatedModelServerOptions options,
            InferenceEngine engine,
            FlushQueue flushes,
            Faults faults,
            RequestCounts counts,
            ServedAdapters adapters) {
        this.options = options;
        this.engine = engine;
        this.flushes = flushes;
        this.faults = faults;
        this.counts = counts;
        this.reader = new CompletionRequestReader(options, adapters);
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

    private CompletionAnswer accept(
            boolean isChat, FullHttpRequest http, ResponseWriter writer, FailureInjection failures, String id)
            throws RequestRefused {
        JsonNode body = CompletionRequestReader.parse(new ByteBufInputStream(http.content()));
        failIfTold(http, failures, id);
        CompletionRequest request = reader.read(isChat, body);
        List<Choice> choices = plan(request, id);
        String answerId = (isChat ? "chatcmpl-" : "cmpl-") + id;
        long created = options.fixedCreated().orElseGet(() -> System.currentTimeMillis() / 1000);
        CompletionAnswer answer = new CompletionAnswer(
                request,
                choices,
                new AnswerFormat(request, answerId, created),
                writer,
                engine,
                flushes,
                options.headersBeforeFirstToken());
        submit(choices, answer);
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

    private List<Choice> plan(CompletionRequest request, String id) {
        String adapter = options.models().contains(request.model()) ? "" : request.model();
        String model = adapter.isEmpty() ? options.models().get(0) : adapter; // what is computed differs by adapter
        long cacheRoot = InferenceEngine.seedFor(0, model + '\0' + request.cacheSalt());
        List<Choice> choices = new ArrayList<>();
        for (TokenIds prompt : request.prompts()) {
            AnswerLimits limits = new AnswerLimits(
                    request.maxTokens(),
                    request.minTokens(),
                    request.ignoreEos(),
                    options.maxModelTokens() - prompt.size(),
                    request.stop());
            for (int i = 0; i < request.choices(); i++) {
                String sequenceId = id + '-' + choices.size();
                PlannedAnswer plan = PlannedAnswer.draw(limits, textRandom(request, prompt, sequenceId, i));
                SequenceRequest sequence =
                        new SequenceRequest(sequenceId, prompt, plan, cacheRoot, request.maxTokens(), adapter);
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
