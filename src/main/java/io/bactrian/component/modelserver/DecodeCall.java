package io.bactrian.component.modelserver;

import io.bactrian.api.AnswerCorrection;
import io.bactrian.api.BodyEdits;
import io.bactrian.api.FirstToken;
import io.bactrian.endpoint.EndpointBreaker;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.engine.connector.KvConnector;
import io.bactrian.engine.connector.Leg;
import io.bactrian.exchange.InferenceExchange;
import io.bactrian.relay.ResponseFlow;
import io.bactrian.relay.UpstreamBody;
import io.bactrian.relay.UpstreamCall;
import io.bactrian.relay.UpstreamFailure;
import io.bactrian.relay.UpstreamListener;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.Finish.Outcome;
import io.bactrian.request.InferenceException;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.util.concurrent.Future;
import java.net.ConnectException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request at its model server: sends it, tries another endpoint while nothing has been answered, and hands the
 * answer over. Everything happens on one event loop.
 *
 * <p>A further attempt is made only when it is known that the request was not begun: no connection, 503, a breaker that
 * refuses, or a kept connection that turned out to be closed. Never after a timeout: the model server may be at work.
 */
final class DecodeCall implements UpstreamListener {
    private static final Logger LOG = LoggerFactory.getLogger(DecodeCall.class);
    private static final int SERVICE_UNAVAILABLE = 503;
    private static final int SERVER_ERROR = 500;

    /** A stream that has been healthy for this long is a success, whatever comes later. */
    private static final long HEALTHY_NANOS = Duration.ofSeconds(30).toNanos();

    private final RequestScope scope;
    private final InferenceExchange inference;
    private final Answer answer;
    private final CallReport report;
    private final AnswerNews news;
    private final boolean reports;

    private EndpointState endpoint;
    private EndpointBreaker.@Nullable Permission permission;
    private @Nullable UpstreamCall call;
    private @Nullable HttpResponse head;
    private @Nullable ResponseFlow flow;
    private boolean begun; // the answer has been handed over
    private boolean settled; // the endpoint has proved healthy
    private boolean over;
    private int tried;
    private final @Nullable SplitRun split; // null if no other endpoint computes the prompt
    private final FurtherAttempts further;
    private @Nullable Pair pair; // the other leg, where both are sent at once
    private @Nullable HeldAnswer held; // stands before this one while the answer may not go on
    private @Nullable PrefillRun prefillRun; // after a trial
    private @Nullable Future<?> lingering;

    DecodeCall(RequestScope scope, Answer answer) {
        this.scope = scope;
        this.inference = scope.inference();
        this.answer = answer;
        this.report = new CallReport(scope);
        this.news = new AnswerNews(inference);
        this.endpoint = inference.decision().endpoint();
        this.split = inference.split() instanceof SplitRun run ? run : null;
        this.further = new FurtherAttempts(scope, split);
        this.reports = !inference.finish().hasEnded(); // else its end has been told of
        if (reports) {
            inference.setSent();
        }
    }

    void begin() {
        if (reports) {
            scope.services().observer().began(inference.request());
        }
        if (split != null) {
            scope.splitObserver().legBegan("decode");
        }
        takeOver();
    }

    /** Begins in place of a call that has told of the beginning. */
    void takeOver() {
        report.sent();
        scope.services().retries().requestBegan();
        scope.onEnd(this::close);
        if (!over) {
            attemptWithPrefill();
        }
    }

    /** Sends both legs where they go together; else this one. */
    void attemptWithPrefill() {
        EndpointState prefill = inference.decision().prefillEndpoint();
        if (split == null || prefill == null || split.connector().order() != KvConnector.Order.TOGETHER) {
            pair = null;
            attempt(false);
            return;
        }
        Pair next = new Pair(scope, split, this);
        pair = next;
        next.begin(prefill);
    }

    /** Sends this leg of a pair whose other leg is on its way. */
    void attemptPaired() {
        endpoint = inference.decision().endpoint();
        attempt(false);
    }

    /** Gives this leg up, since the other failed: another pair is tried, or the request goes on alone. */
    void giveUpAttempt() {
        abortCall();
        released();
        discardFlow();
        tried++;
        endpoint = inference.decision().endpoint();
    }

    boolean hasBegun() {
        return begun;
    }

    /** Lets the answer go on: the prompt is computed. */
    void releaseAnswer() {
        if (held != null) {
            held.release();
        }
    }

    /** The endpoint is well, and has not enough of the prompt: it is computed elsewhere, and asked for an answer then. */
    private void belowThreshold(SplitRun run) {
        run.endTrial("below_threshold");
        if (permission != null) {
            permission.success();
        }
        giveUpAttempt();
        EndpointState prefill = inference.decision().prefillEndpoint();
        if (prefill == null) {
            attempt(false);
            return;
        }
        PrefillRun begun = new PrefillRun(scope, run, new AfterTrial());
        prefillRun = begun;
        begun.begin(prefill);
    }

    /** Ends the request with what the prefill endpoint said of it. */
    void answerWith(HttpResponse prefillHead, ByteBuffer body) {
        abortCall();
        released();
        head = prefillHead;
        flow = scope.whole(prefillHead, body);
        handOver();
    }

    void failWith(InferenceException why) {
        abortCall();
        discardFlow();
        fail(why);
    }

    private void attempt(boolean freshConnection) {
        FirstToken whole = split == null ? null : split.wholeAnswer();
        if (whole != null) {
            PrefilledAnswer.tell(inference, whole, this);
            return;
        }
        permission = endpoint.tryAcquire();
        if (permission == null && pair != null) {
            pair.decodeFailed("breaker", "endpoint " + name() + " is left out while it fails");
            return;
        }
        if (permission == null) {
            retryOr(new InferenceException(
                    ErrorCode.NO_ENDPOINT, "endpoint " + name() + " is left out while it fails"));
            return;
        }
        report.attempted();
        head = null;
        flow = null;
        int attempt = ++tried;
        HeldAnswer before = heldAnswer();
        held = before;
        DecodeTarget target = DecodeTarget.of(scope);
        UpstreamCall sent = scope.services()
                .client()
                .send(
                        scope.loop(),
                        target.address(),
                        request(target),
                        freshConnection,
                        before == null ? completed() : before);
        if (attempt == tried && !over) {
            call = sent; // else sending failed at once, and the next attempt has been made already
            if (before != null) {
                before.connect(sent);
            }
        }
    }

    private @Nullable HeldAnswer heldAnswer() {
        if (split != null && split.isTrial()) {
            return new TrialAnswer(this, () -> belowThreshold(split));
        }
        return pair != null && split != null && split.holdsAnswer() ? new HeldAnswer(this) : null;
    }

    /** Returns who hears the answer: where its first token comes from elsewhere, one who puts that in. */
    private UpstreamListener completed() {
        FirstToken first = split == null ? null : split.inFront();
        return first == null
                ? this
                : new CompletedAnswer(
                        this, this::abortCall, first, scope.services().flows().maxEventBytes());
    }

    private FullHttpRequest request(DecodeTarget target) {
        Leg leg = split == null ? WholeLeg.of(scope) : split.decodeLeg();
        ByteBuf body = UpstreamBody.of(inference.body(), BodyEdits.merge(inference.bodySplices(), leg.splices()));
        FullHttpRequest request = target.request(scope, body, leg);
        target.trace(scope, request);
        return request;
    }

    @Override
    public void onHead(HttpResponse answerHead) {
        if (over) {
            lingeredLongEnough();
            return;
        }
        int status = answerHead.status().code();
        if (status >= SERVER_ERROR) {
            failed("status " + status);
        }
        if (pair != null && pair.retriesAfter(status)) {
            pair.decodeFailed("status_" + status, "endpoint " + name() + " answered " + status);
            return;
        }
        if (status == SERVICE_UNAVAILABLE && mayRetry()) {
            abortCall();
            if (split != null) {
                split.decodeFailed(false);
            }
            EncodeRun.legFailed(inference, "status_" + status);
            retry();
            return;
        }
        head = answerHead;
        boolean usageInjected = !inference.usageSplices().isEmpty();
        AnswerCorrection correction = split != null && status / 100 == 2 ? split.correction() : AnswerCorrection.NONE;
        flow = scope.services()
                .flows()
                .create(inference.request(), answerHead, usageInjected, correction, inference.clientModel());
        if (call != null) {
            flow.connect(call);
        }
    }

    @Override
    public void onContent(ByteBuf content) {
        if (flow == null) {
            content.release();
            return;
        }
        if (!flow.add(content)) {
            abortCall();
            cutOff(new InferenceException(
                    ErrorCode.UPSTREAM_FAILED, "endpoint " + name() + " sent an event longer than the limit"));
        } else if (head != null) {
            news.advanced(head, flow);
        }
    }

    @Override
    public void onReadComplete() {
        if (over || flow == null) {
            return;
        }
        noteProgress(flow);
        if (begun) {
            if (!settled && report.sinceFirstBytesNanos() > HEALTHY_NANOS) {
                succeeded();
            }
            answer.progress();
        } else if (flow.hasBytes()) {
            handOver();
        }
    }

    private void noteProgress(ResponseFlow answered) {
        if (split != null) {
            split.answerAdvanced(answered);
        }
    }

    @Override
    public void onEnd(boolean delimited) {
        if (over || flow == null || head == null) {
            return;
        }
        if (!delimited && flow.needsEndMark()) {
            onFailure(UpstreamFailure.CUT, "the connection was closed");
            return;
        }
        call = null;
        report.answered();
        succeeded();
        flow.end();
        noteProgress(flow);
        news.ended(head, flow);
        if (begun) {
            answer.progress();
        } else {
            handOver();
        }
    }

    private void handOver() {
        if (head == null || flow == null) {
            throw new IllegalStateException("there is nothing to hand over");
        }
        begun = true;
        report.firstBytes();
        if (split != null) {
            split.answerBegins(head, flow);
        }
        news.begins(head);
        answer.begin(head, flow);
    }

    @Override
    public void onFailure(UpstreamFailure failure, String message) {
        call = null;
        if (over) {
            lingeredLongEnough();
            return;
        }
        if (failure == UpstreamFailure.STALE_CONNECTION) {
            released();
            report.attemptDoesNotCount();
            attempt(true);
            return;
        }
        failed(message);
        boolean timedOut = failure == UpstreamFailure.FIRST_BYTE_TIMEOUT || failure == UpstreamFailure.ANSWER_TIMEOUT;
        ErrorCode code = timedOut ? ErrorCode.UPSTREAM_TIMEOUT : ErrorCode.UPSTREAM_FAILED;
        InferenceException why = new InferenceException(
                code,
                "endpoint " + name() + ": " + message,
                failure == UpstreamFailure.CONNECT ? new ConnectException(message) : null);
        if (pair != null && !begun) {
            pair.decodeFailed(failure == UpstreamFailure.CONNECT ? "connect" : "cut", String.valueOf(why.getMessage()));
        } else if (failure == UpstreamFailure.CONNECT) {
            if (split != null) {
                split.decodeFailed(true);
            }
            retryOr(why);
        } else {
            cutOff(why);
        }
    }

    private void cutOff(InferenceException why) {
        LOG.debug("request {}: {}", inference.requestId(), why.getMessage());
        if (begun) {
            report.failed(why);
            answer.cut(why);
        } else {
            discardFlow();
            fail(why);
        }
    }

    private void fail(InferenceException why) {
        report.failed(why);
        answer.fail(why);
    }

    private void retryOr(InferenceException why) {
        if (mayRetry()) {
            retry();
        } else {
            fail(why);
        }
    }

    private boolean mayRetry() {
        return !begun && further.tryTake();
    }

    private void retry() {
        try {
            endpoint = further.decideWithout(endpoint).endpoint();
        } catch (InferenceException e) {
            fail(e);
            return;
        }
        attempt(false);
    }

    private void close(Outcome outcome) {
        if (over) {
            return;
        }
        over = true;
        if (split != null) {
            scope.splitObserver().legEnded("decode");
        }
        if (pair != null) {
            pair.abort();
        }
        if (prefillRun != null) {
            prefillRun.abort();
        }
        if (outcome == Outcome.CLIENT_LEFT && split != null && split.isBeingFetched() && call != null && head == null) {
            linger(split);
        } else {
            abortCall();
        }
        released();
        if (reports) {
            report.status(head == null ? 0 : head.status().code());
            report.tell(outcome, name(), flow);
        }
        if (outcome == Outcome.CLIENT_LEFT) {
            answer.abandon();
        }
        discardFlow();
    }

    /**
     * The client has left, and the endpoint may not have fetched the prompt's blocks, which the prefill endpoint would hold until their
     * lease ends: it is left alone until it answers.
     */
    private void linger(SplitRun fetching) {
        scope.splitObserver().stranded("drained");
        lingering = scope.loop()
                .schedule(this::abortCall, fetching.settings().drainTimeout().toNanos(), TimeUnit.NANOSECONDS);
    }

    private void lingeredLongEnough() {
        abortCall();
        if (lingering != null) {
            lingering.cancel(false);
        }
    }

    private void abortCall() {
        if (call != null) {
            call.abort();
            call = null;
        }
        if (held != null) {
            held.discard();
            held = null;
        }
    }

    private void discardFlow() {
        if (flow != null) {
            flow.discard();
        }
    }

    private void succeeded() {
        settled = true;
        if (permission != null) {
            permission.success();
        }
    }

    private void failed(String why) {
        if (permission != null) {
            permission.error(new InferenceException(ErrorCode.UPSTREAM_FAILED, why));
        }
    }

    private void released() {
        if (permission != null) {
            permission.released();
        }
    }

    private String name() {
        return endpoint.endpoint().hostPort();
    }

    /** Goes on once the prompt is computed that the endpoint did not have. */
    private final class AfterTrial implements PrefillRun.Listener {
        @Override
        public void goOn() {
            if (!over) {
                endpoint = inference.decision().endpoint();
                attempt(false);
            }
        }

        @Override
        public void relay(HttpResponse prefillHead, ByteBuffer body) {
            answerWith(prefillHead, body);
        }

        @Override
        public void fail(InferenceException problem) {
            failWith(problem);
        }
    }
}
