package io.bactrian.simulator.replay;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.Api;
import io.bactrian.request.Finish;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.RequestContext;
import io.bactrian.request.RequestHeaders;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.EndpointChoice;
import io.bactrian.scheduling.RequestListener;
import io.bactrian.simulator.engine.ExternalKv;
import io.bactrian.simulator.engine.Handoff;
import io.bactrian.simulator.engine.ReadOutcome;
import io.bactrian.simulator.engine.Sequence;
import io.bactrian.simulator.engine.SequenceListener;
import io.bactrian.simulator.engine.SequenceRequest;
import io.bactrian.simulator.engine.Submission;
import io.bactrian.simulator.load.Outcome;
import io.bactrian.simulator.load.RequestResult;
import io.bactrian.simulator.load.TokenUsage;
import io.bactrian.simulator.load.WorkloadRequest;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** One request on its way through router and engines, as the gateway would take it there. */
final class ReplayedRequest {
    private static final int TOO_MANY_REQUESTS = 429;
    private static final int OK = 200;

    private final PoolReplay replay;
    private final int index;
    private final WorkloadRequest wanted;
    private final ReplayedPrompt prompt;
    private final Finish finish = new Finish();
    private @Nullable String endpoint;
    private boolean isSplit;
    private long firstNanos = -1;
    private long lastNanos;

    ReplayedRequest(PoolReplay replay, int index, WorkloadRequest wanted) {
        this.replay = replay;
        this.index = index;
        this.wanted = wanted;
        this.prompt = new ReplayedPrompt(wanted.blocks());
    }

    /** Returns whether its prompt was computed by another endpoint than the one that answered. */
    boolean isSplit() {
        return isSplit;
    }

    /** Arrives at the router, which decides. */
    void arrive() {
        InferenceRequest request = new InferenceRequest(
                "r" + index,
                Api.COMPLETIONS,
                replay.endpoints().pool().name(),
                "",
                "",
                true,
                false,
                OptionalInt.of(wanted.outputTokens()),
                prompt,
                0,
                new RequestContext(RequestHeaders.NONE));
        List<EndpointState> candidates = replay.scheduler()
                .screen(
                        request,
                        replay.endpoints().pool().candidates(replay.endpoints().now()));
        replay.scheduler()
                .enrich(request, candidates, Runnable::run, listener -> decide(request, candidates, listener));
    }

    private void decide(InferenceRequest request, List<EndpointState> candidates, RequestListener listener) {
        EndpointChoice choice = new EndpointChoice(replay.scheduler(), request, candidates, listener, finish);
        if (choice.decide() instanceof Decision.Picked picked) {
            EndpointState prefill = picked.prefillEndpoint();
            if (prefill == null) {
                replay.afterHop(() -> decode(choice, picked, Handoff.NONE));
            } else {
                replay.afterHop(() -> prefill(choice, picked, replay.endpoints().server(prefill)));
            }
        } else {
            refused();
        }
    }

    private void prefill(EndpointChoice choice, Decision.Picked picked, VirtualEndpoints.Server server) {
        SequenceRequest one = new SequenceRequest(
                "r" + index + "-prefill", prompt.tokens(), new FixedOutput(1), 0, OptionalInt.of(1), Handoff.KEEP);
        SequenceListener listener = new SequenceListener() {
            @Override
            public void tokenGenerated(Sequence sequence) {}

            @Override
            public void finished(Sequence sequence) {
                server.remote().offer(sequence.id(), sequence, outcome -> {});
                replay.afterHop(() -> {
                    choice.prefilled();
                    replay.afterHop(() -> decode(choice, picked, Handoff.from(from(server, sequence.id()))));
                });
            }
        };
        if (server.engine().submit(one, listener) instanceof Submission.Accepted) {
            isSplit = true;
            return;
        }
        Decision.Picked alone = choice.withoutPrefill(picked);
        replay.afterHop(() -> replay.afterHop(() -> decode(choice, alone, Handoff.NONE)));
    }

    private ExternalKv from(VirtualEndpoints.Server server, String name) {
        int tokens = prompt.tokens().size();
        return (localTokens, loaded) -> server.remote()
                .read(
                        name,
                        localTokens,
                        Duration.ZERO,
                        outcome -> loaded.accept(outcome == ReadOutcome.READ ? tokens : 0));
    }

    private void decode(EndpointChoice choice, Decision.Picked picked, Handoff handoff) {
        endpoint = picked.endpoint().endpoint().name();
        SequenceRequest whole = new SequenceRequest(
                "r" + index,
                prompt.tokens(),
                new FixedOutput(wanted.outputTokens()),
                0,
                OptionalInt.of(wanted.outputTokens()),
                handoff);
        SequenceListener listener = new SequenceListener() {
            @Override
            public void tokenGenerated(Sequence sequence) {
                token(choice);
            }

            @Override
            public void finished(Sequence sequence) {
                replay.afterHop(() -> completed(sequence));
            }
        };
        if (!(replay.endpoints().server(picked.endpoint()).engine().submit(whole, listener)
                instanceof Submission.Accepted)) {
            replay.afterHop(this::refused);
        }
    }

    /** A token is on its way to the client, whom it reaches after a hop. */
    private void token(EndpointChoice choice) {
        long now = replay.nanos() + replay.hopNanos();
        if (firstNanos < 0) {
            firstNanos = now;
            replay.afterHop(() -> choice.answerBegins((name, value) -> {}, true));
        } else {
            replay.gap(now - lastNanos);
        }
        lastNanos = now;
    }

    private void completed(Sequence sequence) {
        finish.end(Finish.Outcome.COMPLETED);
        long due = wanted.sendAt().toNanos();
        int tokens = sequence.generatedTokens();
        replay.ended(
                this,
                new RequestResult(
                        index,
                        wanted.sendAt(),
                        Duration.ZERO,
                        Outcome.COMPLETED,
                        OK,
                        endpoint,
                        firstNanos < 0 ? null : Duration.ofNanos(firstNanos - due),
                        firstNanos < 0 ? null : Duration.ofNanos(lastNanos - due),
                        Duration.ofNanos(replay.nanos() - due),
                        tokens,
                        new TokenUsage(sequence.promptTokens(), sequence.cachedTokens(), tokens)));
    }

    private void refused() {
        finish.end(Finish.Outcome.REFUSED);
        replay.ended(
                this,
                new RequestResult(
                        index,
                        wanted.sendAt(),
                        Duration.ZERO,
                        Outcome.SHED,
                        TOO_MANY_REQUESTS,
                        endpoint,
                        null,
                        null,
                        Duration.ofNanos(replay.nanos() - wanted.sendAt().toNanos()),
                        0,
                        null));
    }
}
