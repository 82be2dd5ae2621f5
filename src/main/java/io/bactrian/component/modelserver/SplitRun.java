package io.bactrian.component.modelserver;

import io.bactrian.api.AnswerCorrection;
import io.bactrian.api.FirstToken;
import io.bactrian.api.Priming;
import io.bactrian.component.modelserver.StageLeg.Failure;
import io.bactrian.disaggregation.SplitObserver;
import io.bactrian.disaggregation.SplitSettings;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.engine.connector.KvConnector;
import io.bactrian.engine.connector.Leg;
import io.bactrian.engine.connector.PrefillAnswer;
import io.bactrian.engine.connector.SplitRequest;
import io.bactrian.exchange.InferenceExchange;
import io.bactrian.exchange.Split;
import io.bactrian.relay.ResponseFlow;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.Finish.Outcome;
import io.bactrian.request.InferenceException;
import io.bactrian.scheduling.Decision;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponse;
import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How one request is split: who computes its prompt, what came of that, and what the decode leg carries for it. Used on the request's
 * event loop.
 */
final class SplitRun implements Split {
    /** Reasons for which a prefill server that pushes blocks cannot have begun to. */
    private static final Set<String> NOTHING_WAS_PUSHED =
            Set.of("breaker", "connect", "status_408", "status_429", "status_503");

    private final RequestScope scope;
    private final InferenceExchange inference;
    private final Splits.PoolSplit pool;
    private final SplitObserver observer;

    private KvConnector.@Nullable Handoff
            handoff; // of the attempt in force; null once the endpoint that answers is on its own
    private @Nullable SplitRequest begun; // by which that attempt was begun
    private @Nullable EndpointState pushedTo; // the decode endpoint that it was begun for
    private String promptTokens = ""; // once they have been asked for
    private @Nullable PrefillAnswer answer;
    private long answeredNanos;
    private int attempts;
    private boolean told; // a decode endpoint has been given what it fetches the blocks by
    private boolean tellsNobody; // and no other may
    private boolean prefillAsked; // by the attempt in force
    private boolean usedUp; // the blocks, by the decode endpoint that they are for
    private boolean trying; // the decode endpoint is asked before the prompt is computed
    private boolean holds; // the answer until the prompt is computed
    private @Nullable PrefillAnswer heldFor; // what released it
    private boolean failed;
    private boolean fellBack;
    private boolean handoffMissing;
    private int decodeStatus;
    private boolean tokenSeen;

    SplitRun(RequestScope scope) {
        this.scope = scope;
        this.inference = scope.inference();
        this.pool = scope.services().splits().of(inference.poolName());
        this.observer = scope.splitObserver();
        inference.finish().onEnd(this::ended);
    }

    SplitSettings settings() {
        return pool.settings();
    }

    KvConnector connector() {
        return pool.connector();
    }

    /** Tells whether the decode endpoint is to be asked first, before any prompt is computed; it is on trial then. */
    boolean triesDecodeFirst(SplitRequest request) {
        trying = inference.encoding() == null && connector().triesDecodeFirst(request);
        return trying;
    }

    boolean isTrial() {
        return trying;
    }

    /** Notes that the decode endpoint wants the prompt computed, or answers. */
    void endTrial(String outcome) {
        trying = false;
        observer.tried(outcome);
    }

    /** Tells whether an answer must wait until the prompt is computed. */
    boolean holdsAnswer() {
        return holds;
    }

    /** Returns the request as it is split between the endpoints of the decision in force. */
    SplitRequest request(EndpointState prefill, String engineId) {
        return new SplitRequest(
                inference.requestId(),
                inference.target(),
                inference.places(),
                inference.request().prompt().count(),
                inference.choices(),
                prefill.endpoint(),
                inference.decision().endpoint().endpoint(),
                engineId,
                promptTokens,
                WholeLeg.sourceFor(inference, prefill.endpoint()));
    }

    /** Begins an attempt at another prefill endpoint. */
    void begin(SplitRequest request) {
        attempts++;
        begun = request;
        pushedTo = inference.decision().endpoint();
        usedUp = false;
        prefillAsked = false;
        handoff = connector().begin(request);
        holds = connector().order() == KvConnector.Order.TOGETHER && connector().holdsAnswer(request);
        heldFor = null;
        answer = null;
        told = false;
    }

    /** Goes on with the attempt at {@code prefill}, now that the ids of the prompt's tokens are known; they hold for all that follow. */
    void tokenized(EndpointState prefill, String ids) {
        promptTokens = ids;
        SplitRequest request = request(prefill, "");
        begun = request;
        handoff = connector().begin(request);
    }

    /** Returns the name under which the arrival of pushed blocks is told; empty if the prefill endpoint's answer tells it. */
    String pushName() {
        return handoff == null ? "" : handoff.pushName();
    }

    Leg prefillLeg() {
        if (handoff == null) {
            throw new IllegalStateException("no attempt was begun");
        }
        prefillAsked = true;
        return EncodeRun.onto(inference, handoff.prefill());
    }

    /**
     * Notes that the prompt has been computed.
     *
     * @throws IOException if {@code body} is no answer by which the request can go on
     */
    void answered(byte[] body, long sentNanos) throws IOException {
        if (handoff == null) {
            throw new IllegalStateException("no attempt was begun");
        }
        PrefillAnswer read = handoff.read(body);
        answer = read;
        answeredNanos = System.nanoTime();
        handoffMissing = !read.hasParams() && connector().name().equals("nixlv2");
        observer.prefillTook(connector().name(), answeredNanos - sentNanos);
        inference.choice().prefilled();
    }

    /**
     * Notes that the prompt has been computed, where both legs are sent at once.
     *
     * @throws IOException if an answer that waits for {@code body} cannot be completed by it
     */
    void computed(long sentNanos, byte[] body) throws IOException {
        if (holds) {
            heldFor = PrefillAnswer.read(body);
            holds = false;
        }
        answeredNanos = System.nanoTime();
        observer.prefillTook(connector().name(), answeredNanos - sentNanos);
        if (decodeStatus == 0) {
            inference.choice().prefilled(); // else the beginning of the answer has told
        }
    }

    /** Tells whether another pair may be tried after {@code decode} failed. */
    boolean mayTryAgain(EndpointState decode) {
        return attempts < settings().maxPrefillAttempts()
                && settings().whenPrefillFailed().equals("retry-next")
                && inference.choice().hasOtherDecode(decode);
    }

    /** Returns what the decode leg carries. Blocks that may have been freed meanwhile are not asked for: what is there may be another's. */
    Leg decodeLeg() {
        if (handoff == null || tellsNobody) {
            return handoff == null ? WholeLeg.of(scope) : Leg.PLAIN;
        }
        if (answer != null
                && connector().holdsBlocks()
                && System.nanoTime() - answeredNanos > settings().kvLease().toNanos()) {
            tellsNobody = true;
            observer.stranded("left_to_lease");
            return Leg.PLAIN;
        }
        told = true;
        return handoff.decode(answer);
    }

    /** Returns what a request carries to {@link #drainEndpoint} that is given up: it uses the blocks up, and generates one token. */
    Leg drainLeg() {
        Leg leg = decodeLeg();
        return told && handoff != null && begun != null
                ? handoff.drain(begun, answer)
                : new Leg(Priming.prime(inference.places(), inference.target()).splices(), leg.headers());
    }

    /** Returns where the blocks are that are used up so, or can be fetched from. */
    EndpointState drainEndpoint() {
        return pushedTo == null || connector().servesAnyDecode()
                ? inference.decision().endpoint()
                : pushedTo;
    }

    /** Returns the prefill endpoint's answer if it is the client's, and nothing is left to decode; null else. */
    @Nullable
    FirstToken wholeAnswer() {
        return handoff != null && answer != null && handoff.isAnswered(answer) ? answer.first() : null;
    }

    /** Returns the token that the client's answer begins with, behind which the decode endpoint goes on; null if there is none. */
    @Nullable
    FirstToken inFront() {
        return handoff == null || answer == null ? null : handoff.inFront(answer);
    }

    /** Returns what the answer is to say in place of what the decode endpoint says, which has not computed the prompt. */
    AnswerCorrection correction() {
        PrefillAnswer prefill = answer == null ? heldFor : answer;
        return prefill == null ? AnswerCorrection.NONE : connector().correction(prefill);
    }

    /** Tells whether blocks are held for a decode endpoint that has been told, and would stay so if it did not fetch them. */
    boolean isBeingFetched() {
        return told && holdsBlocks();
    }

    private boolean holdsBlocks() {
        return handoff != null
                && answer != null
                && answer.hasParams()
                && connector().leavesBlocks();
    }

    /**
     * Tells whether a request that ended as {@code outcome} leaves blocks behind that another should use up: nobody has been told of them,
     * or they were pushed to a decode endpoint that has not answered. One that a client did not wait for is left to do so.
     */
    boolean isStranded(Outcome outcome) {
        boolean isWaitedFor = told && outcome == Outcome.CLIENT_LEFT && isAtPushed();
        return !tellsNobody && holdsBlocks() && (isPushed() ? !usedUp && !isWaitedFor : !told);
    }

    /** Tells whether the decode endpoint in force is the one that blocks were pushed to. */
    private boolean isAtPushed() {
        return pushedTo != null
                && pushedTo.endpoint().equals(inference.decision().endpoint().endpoint());
    }

    /** Tells whether a prefill server pushes blocks, which stay where they come to until they are used. */
    boolean isPushed() {
        return connector().leavesBlocks() && !connector().holdsBlocks();
    }

    /**
     * Returns {@code picked}, another choice of who answers, without the endpoint it names for the prompt: that has been computed, or the
     * one that answers does so.
     */
    Decision.Picked withPromptComputed(Decision.Picked picked) {
        if (isBeingFetched()) {
            inference.choice().prefilled(); // what was reserved there anew
            return picked;
        }
        return inference.choice().withoutPrefill(picked);
    }

    /**
     * Notes that the decode leg failed, and another endpoint is tried.
     *
     * @param neverSent whether the endpoint cannot have seen it
     */
    void decodeFailed(boolean neverSent) {
        boolean anyMayCome = neverSent && connector().servesAnyDecode();
        if (connector().order() == KvConnector.Order.PREFILL_THEN_DECODE
                && !anyMayCome
                && connector().holdsBlocks()) {
            tellsNobody = true; // the blocks are fetched once, and may have been
        }
    }

    /**
     * Says how the request goes on after its prefill failed.
     *
     * @return another decision, by which it may go on; or why it does not
     */
    Next next(EndpointState prefill, Failure failure) {
        failed = true;
        EncodeRun.legFailed(inference, failure.reason());
        SplitSettings settings = settings();
        Decision.Picked picked = inference.decision();
        if (!failure.retriable() || settings.whenPrefillFailed().equals("fail")) {
            return Next.fail(failure.problem(StageLeg.Stage.PREFILL));
        }
        if (isPushed() && prefillAsked && !NOTHING_WAS_PUSHED.contains(failure.reason())) {
            // The decode endpoint may know of blocks that were never written, and would answer from them.
            Decision decision = inference.choice().hasOtherDecode(picked.endpoint())
                    ? inference.choice().decideWithout(picked.endpoint())
                    : null;
            if (!(decision instanceof Decision.Picked other)) {
                return Next.fail(failure.problem(StageLeg.Stage.PREFILL));
            }
            inference.setChoice(inference.choice(), other);
            picked = other;
        }
        if (settings.whenPrefillFailed().equals("decode-only")) {
            return alone(inference.choice().withoutPrefill(picked), failure.reason());
        }
        if (attempts < settings.maxPrefillAttempts() && inference.choice().hasOther()) {
            Decision decision = inference.choice().decideWithout(prefill);
            if (decision instanceof Decision.Refused refused) {
                return Next.fail(new InferenceException(refused.code(), refused.message(), refused.droppedReason()));
            }
            picked = (Decision.Picked) decision;
            inference.setChoice(inference.choice(), picked);
            if (picked.prefillEndpoint() != null) {
                observer.prefillRetried(failure.reason());
                failed = false;
                return Next.goOn(picked);
            }
        }
        if (settings.whenPrefillUnavailable().equals("fail")) {
            return Next.fail(failure.problem(StageLeg.Stage.PREFILL));
        }
        return alone(
                picked.prefillEndpoint() == null ? picked : inference.choice().withoutPrefill(picked),
                "prefill_exhausted");
    }

    /** Says how the request goes on after the decode endpoint of a pair failed: with another pair, or not. */
    Next nextAfterDecode(EndpointState decode, Failure failure) {
        if (mayTryAgain(decode) && inference.choice().decideWithout(decode) instanceof Decision.Picked picked) {
            inference.setChoice(inference.choice(), picked);
            observer.prefillRetried(failure.reason());
            return Next.goOn(picked);
        }
        return Next.fail(new InferenceException(ErrorCode.UPSTREAM_FAILED, failure.message()));
    }

    private Next alone(Decision.Picked picked, String reason) {
        if (!scope.services()
                .splits()
                .tryFallBack(picked.endpoint().endpoint(), settings().maxFallbacks())) {
            return Next.fail(new InferenceException(
                    ErrorCode.NO_ENDPOINT,
                    "prefill failed, and the decode endpoint computes enough prompts for others"));
        }
        inference.finish().onEnd(outcome -> scope.services()
                .splits()
                .fallbackEnded(picked.endpoint().endpoint()));
        observer.fellBack(reason);
        fellBack = true;
        handoff = null;
        answer = null;
        holds = false;
        heldFor = null;
        inference.setChoice(inference.choice(), picked);
        return Next.goOn(picked);
    }

    /** Lets the endpoint that answers compute the prompt, because the request cannot be split. */
    void leaveWhole() {
        inference.setChoice(inference.choice(), inference.choice().withoutPrefill(inference.decision()));
        observer.fellBack("not_splittable");
        handoff = null;
    }

    /** Notes that the first bytes of the answer are here; its head is about to be handed over. */
    void answerBegins(HttpResponse head, ResponseFlow flow) {
        if (trying) {
            endTrial("served");
        }
        if (flow.hasEnded() && !flow.isEventStream()) {
            head.headers().set(HttpHeaderNames.CONTENT_LENGTH, flow.bytes()); // a corrected one has another length
        }
        decodeStatus = head.status().code();
        usedUp = told && decodeStatus / 100 == 2 && isAtPushed();
        if (handoff != null && answer != null) {
            observer.handoffTook(connector().name(), System.nanoTime() - answeredNanos);
        }
    }

    /** Notes the first token of a streamed answer, if it has come; what comes before it, such as a role, is none. */
    void answerAdvanced(ResponseFlow flow) {
        if (!tokenSeen && flow.isEventStream() && flow.tokensSeen() > 0) {
            tokenSeen = true;
            observer.firstToken(connector().name(), System.nanoTime() - inference.beganNanos());
        }
    }

    private void ended(Outcome outcome) {
        observer.ended(connector().name(), outcomeOf(outcome));
    }

    private SplitObserver.Outcome outcomeOf(Outcome outcome) {
        if (outcome == Outcome.CLIENT_LEFT) {
            return SplitObserver.Outcome.CLIENT_CANCELLED;
        }
        boolean served = outcome == Outcome.COMPLETED && decodeStatus < 500;
        if (failed && !fellBack) {
            return SplitObserver.Outcome.PREFILL_FAILED;
        }
        if (!served) {
            return SplitObserver.Outcome.DECODE_FAILED;
        }
        if (fellBack) {
            return SplitObserver.Outcome.PREFILL_FAILED_FALLBACK;
        }
        return handoffMissing ? SplitObserver.Outcome.HANDOFF_MISSING : SplitObserver.Outcome.OK;
    }

    /**
     * How a request goes on.
     *
     * @param picked by this decision; null if it does not go on
     * @param problem why it does not; null if it does
     */
    record Next(Decision.@Nullable Picked picked, @Nullable InferenceException problem) {
        static Next goOn(Decision.Picked picked) {
            return new Next(picked, null);
        }

        static Next fail(InferenceException problem) {
            return new Next(null, problem);
        }
    }
}
