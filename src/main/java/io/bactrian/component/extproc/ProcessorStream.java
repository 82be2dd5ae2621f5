package io.bactrian.component.extproc;

import io.bactrian.component.nettyhttp.MemoryBudget;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.Finish;
import io.bactrian.request.Finish.Outcome;
import io.bactrian.request.InferenceException;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpBody;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpHeaders;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One request as a proxy tells of it, message by message, and what is replied: the rules of the protocol and nothing else. One
 * message at a time, and the next only after {@link #wantsMessage()} says so. Used by one thread at a time.
 *
 * <p>The proxy says with its first message how it sends bodies. Unless it does, it is taken to send them as they come, both ways
 * at once ({@code FULL_DUPLEX_STREAMED}), which the endpoint picker protocol asks for: then the head is answered only when the
 * body has come whole. A proxy that buffers holds head and body back itself, so the endpoint is named in the reply to the body.
 * One that sends no body, or sends it only after the head has been answered, has its request sent by the head alone.
 */
final class ProcessorStream {

    /** Where replies go. */
    interface Outlet {
        /** Tells whether a message can be taken without being kept in memory for long. */
        boolean isReady();

        void send(Reply reply);

        /** Ends the stream properly. */
        void complete();

        /** Ends the stream with an error: the proxy broke the protocol. */
        void fail(String message);
    }

    /** Where requests go. */
    interface Requests {
        /** Tells why no request is taken now; null if they are. */
        @Nullable
        InferenceException refusal();

        /** Follows a request that is about to be routed, or was refused before. */
        void begins(Finish finish);

        /**
         * Finds out where a request goes and tells {@link ProcessorStream#decided} once, during this call or later.
         *
         * @param whole whether the body has come; else only the head counts
         */
        void route(Incoming incoming, boolean whole, ProcessorStream stream);

        /** Notes that a request was refused before it was routed. */
        void turnedAway(InferenceException refusal);

        /** Takes care of a request whose answer nobody will tell of. */
        void goesUnread(ServedRequest served);
    }

    /** A request on its way in. */
    record Incoming(
            ProxyHead head,
            GatheredBody body,
            Finish finish,
            @Nullable EndpointSubset subset) {}

    /**
     * What holds for every stream.
     *
     * @param readResponses whether answers are read
     * @param modeOverride whether a proxy is asked not to send them
     * @param ignoreSubset whether requests may go to other endpoints than the proxy hints at
     * @param emitScores whether a proxy is told how the candidates were rated
     */
    record Rules(
            int maxHeaderBytes,
            int maxBodyBytes,
            boolean readResponses,
            boolean modeOverride,
            boolean ignoreSubset,
            boolean emitScores) {}

    private enum Stage {
        HEAD,
        BODY,
        DECIDING,
        /** The request has been replied to, except for what a proxy still has to send of it. */
        REQUEST_SENT,
        ANSWER_BODY,
        /** The answer has passed. */
        ANSWERED,
        /** Nothing is sent any more. */
        CLOSED
    }

    private final Outlet outlet;
    private final Requests requests;
    private final Rules rules;
    private final MemoryBudget budget;
    private final ReplyQueue replies;

    private Stage stage = Stage.HEAD;
    private BodySendMode requestMode = BodySendMode.FULL_DUPLEX_STREAMED;
    private BodySendMode responseMode = BodySendMode.FULL_DUPLEX_STREAMED;
    private @Nullable ProxyHead head;
    private @Nullable GatheredBody body;
    private @Nullable Finish finish;
    private @Nullable EndpointSubset subset;
    private @Nullable ServedRequest served;
    private boolean headReplied; // with nothing in it, as the body had to come first
    private boolean bodyCame; // of the request, be it empty
    private boolean requestEnded; // no more of it will come
    private boolean trailers; // ended it
    private boolean halfClosed;

    ProcessorStream(Outlet outlet, Requests requests, Rules rules, MemoryBudget budget) {
        this.outlet = outlet;
        this.requests = requests;
        this.rules = rules;
        this.budget = budget;
        this.replies = new ReplyQueue(outlet);
    }

    /** Tells whether the next message may come: everything that the ones before are owed has been sent. */
    boolean wantsMessage() {
        return stage != Stage.DECIDING && replies.isEmpty() && outlet.isReady() && !halfClosed;
    }

    void take(ProcessingRequest message) {
        if (stage == Stage.CLOSED) {
            return; // what crossed our last word on the way
        }
        if (message.hasProtocolConfig()) {
            requestMode = message.getProtocolConfig().getRequestBodyMode();
            responseMode = message.getProtocolConfig().getResponseBodyMode();
        }
        switch (message.getRequestCase()) {
            case REQUEST_HEADERS -> requestHead(message.getRequestHeaders(), message.getMetadataContext());
            case REQUEST_BODY -> requestBody(message.getRequestBody(), message.getMetadataContext());
            case REQUEST_TRAILERS -> requestTrailers(message.getMetadataContext());
            case RESPONSE_HEADERS -> responseHead(message);
            case RESPONSE_BODY -> responseBody(message.getResponseBody());
            case RESPONSE_TRAILERS -> responseTrailers();
            case REQUEST_NOT_SET -> outOfOrder("a message without a request");
        }
        flush();
    }

    private void requestHead(HttpHeaders message, Metadata metadata) {
        if (stage != Stage.HEAD) {
            outOfOrder("a second request head");
            return;
        }
        hint(metadata);
        InferenceException refusal = requests.refusal();
        if (refusal == null && message.getHeaders().getSerializedSize() > rules.maxHeaderBytes()) {
            refusal = new InferenceException(
                    ErrorCode.HEADERS_TOO_LARGE,
                    "request head: longer than " + rules.maxHeaderBytes() + " bytes (bactrian.http.max-header-bytes)");
        }
        head = new ProxyHead(message.getHeaders());
        body = new GatheredBody(budget);
        finish = new Finish();
        finish.onEnd(outcome -> known(body).letGo());
        requests.begins(finish);
        if (refusal != null) {
            turnAway(refusal);
            return;
        }
        requestEnded = message.getEndOfStream();
        boolean bodyComesLater = requestMode == BodySendMode.NONE || requestMode == BodySendMode.STREAMED;
        if (requestEnded || bodyComesLater) {
            decide(false);
            return;
        }
        stage = Stage.BODY;
        if (isBuffered()) {
            headReplied = true;
            replies.add(overridden(Replies.REQUEST_HEAD));
        }
    }

    private void requestBody(HttpBody message, Metadata metadata) {
        if (stage == Stage.REQUEST_SENT && requestMode == BodySendMode.STREAMED && !requestEnded) {
            requestEnded = message.getEndOfStream();
            replies.add(Replies.REQUEST_BODY);
            return;
        }
        if (stage != Stage.BODY) {
            outOfOrder("a request body");
            return;
        }
        hint(metadata);
        GatheredBody gathered = known(body);
        bodyCame = true;
        boolean withinBudget = gathered.add(message.getBody());
        if (gathered.length() > rules.maxBodyBytes()) {
            turnAway(new InferenceException(
                    ErrorCode.BODY_TOO_LARGE,
                    "request body: longer than " + rules.maxBodyBytes() + " bytes (bactrian.http.max-body-bytes)"));
        } else if (!withinBudget) {
            turnAway(new InferenceException(
                    ErrorCode.MEMORY_EXHAUSTED,
                    "request bodies fill the memory set by bactrian.http.max-buffered-bytes"));
        } else if (message.getEndOfStream() || isBuffered()) {
            requestEnded = message.getEndOfStream();
            decide(true);
        }
    }

    private void requestTrailers(Metadata metadata) {
        if (stage == Stage.BODY) {
            hint(metadata);
            requestEnded = true;
            trailers = true;
            decide(true);
        } else if (stage == Stage.REQUEST_SENT && !requestEnded) {
            requestEnded = true;
            replies.add(Replies.REQUEST_TRAILERS);
        } else {
            outOfOrder("request trailers");
        }
    }

    /** The later hint counts: proxies send it with the head, with the body, or with both. */
    private void hint(Metadata metadata) {
        EndpointSubset hinted = rules.ignoreSubset() ? null : EndpointSubset.of(metadata);
        subset = hinted == null ? subset : hinted;
    }

    private boolean isBuffered() {
        return requestMode == BodySendMode.BUFFERED || requestMode == BodySendMode.BUFFERED_PARTIAL;
    }

    private void decide(boolean whole) {
        stage = Stage.DECIDING;
        requests.route(new Incoming(known(head), known(body), known(finish), subset), whole, this);
    }

    /** Takes what the route made of the request; called once after {@link Requests#route}. */
    void decided(Verdict verdict) {
        if (stage != Stage.DECIDING) {
            return; // the client has left meanwhile, and the request has ended
        }
        if (verdict instanceof Verdict.Answered answer) {
            answer(answer);
        } else if (verdict instanceof Verdict.Handed handed) {
            served = handed.request();
            stage = Stage.REQUEST_SENT;
            sendOn(handed.request());
        }
        flush();
    }

    private void sendOn(ServedRequest request) {
        Destination destination = new Destination(request, rules.emitScores());
        if (isBuffered() && headReplied) {
            replies.add(bodyCame ? destination.inBody() : destination.behindTrailers());
            return;
        }
        if (requestMode != BodySendMode.FULL_DUPLEX_STREAMED) {
            replies.add(overridden(destination.inHead(0)));
            return;
        }
        GatheredBody gathered = known(body);
        replies.add(destination.inHead(trailers ? 0 : gathered.length()));
        if (bodyCame) {
            replies.add(gathered, !trailers);
        }
        if (trailers) {
            replies.add(Replies.REQUEST_TRAILERS);
        }
    }

    private Reply overridden(Reply reply) {
        return rules.readResponses() || !rules.modeOverride() ? reply : Replies.withoutResponses(reply, requestMode);
    }

    private void turnAway(InferenceException refusal) {
        requests.turnedAway(refusal);
        known(finish).willEndAs(Outcome.REFUSED);
        answer(Verdict.refused(refusal));
    }

    private void answer(Verdict.Answered answer) {
        stage = Stage.CLOSED;
        outlet.send(Replies.immediate(answer.status(), answer.headers(), answer.body()));
        outlet.complete();
        known(finish).end();
    }

    private void responseHead(ProcessingRequest message) {
        if (stage == Stage.BODY) { // the proxy, or another filter of it, answers before the request has come whole
            end(Outcome.CLIENT_LEFT);
        } else if (stage != Stage.REQUEST_SENT) {
            outOfOrder("a response head");
            return;
        }
        stage = Stage.ANSWER_BODY;
        Map<String, String> headers = new LinkedHashMap<>(2);
        if (served != null) {
            served.head(AnswerHead.of(message), rules.readResponses(), headers::put);
        }
        replies.add(Replies.responseHead(headers));
        if (message.getResponseHeaders().getEndOfStream()) {
            answered();
        }
    }

    private void responseBody(HttpBody message) {
        if (stage != Stage.ANSWER_BODY) {
            outOfOrder("a response body");
            return;
        }
        if (responseMode == BodySendMode.FULL_DUPLEX_STREAMED) {
            replies.add(message.getBody(), message.getEndOfStream(), Reply::responsePiece);
            flush(); // the client first
        } else {
            replies.add(Replies.RESPONSE_BODY);
        }
        if (served != null) {
            served.body(message.getBody());
        }
        if (message.getEndOfStream()) {
            answered();
        }
    }

    private void responseTrailers() {
        if (stage != Stage.ANSWER_BODY) {
            outOfOrder("response trailers");
            return;
        }
        replies.add(Replies.RESPONSE_TRAILERS);
        answered();
    }

    private void answered() {
        stage = Stage.ANSWERED;
        if (served != null) {
            served.end();
        }
    }

    private void outOfOrder(String what) {
        String message = what + " in stage " + stage + " (expected: the order of HTTP)";
        stage = Stage.CLOSED;
        replies.clear();
        end(Outcome.CLIENT_LEFT);
        outlet.fail(message);
    }

    /** Sends what waits, as far as the proxy takes it; called again when it takes more. */
    void flush() {
        replies.flush();
        if (replies.isEmpty() && stage != Stage.CLOSED) {
            replied();
        }
    }

    private void replied() {
        boolean onlyRequest = stage == Stage.REQUEST_SENT && served != null;
        boolean leaves = onlyRequest && !rules.readResponses() && !asksNotToBeSent() && isWhole();
        if (leaves || halfClosed && stage != Stage.DECIDING) {
            complete();
        }
    }

    /** A proxy that buffers or sends no body at all owes nothing of the request once it has been told where it goes. */
    private boolean isWhole() {
        return requestEnded || requestMode == BodySendMode.NONE;
    }

    private boolean asksNotToBeSent() {
        return rules.modeOverride() && requestMode != BodySendMode.FULL_DUPLEX_STREAMED;
    }

    private void complete() {
        boolean unread = stage == Stage.REQUEST_SENT || stage == Stage.ANSWER_BODY;
        stage = Stage.CLOSED;
        outlet.complete();
        if (unread) {
            leaveUnread();
        } else {
            end(Outcome.CLIENT_LEFT); // nothing if the answer has passed
        }
    }

    private void leaveUnread() {
        if (served != null) {
            requests.goesUnread(served);
        }
    }

    /** The proxy will send nothing more. */
    void halfClosed() {
        halfClosed = true;
        if (stage == Stage.HEAD || stage == Stage.BODY) {
            complete();
        } else {
            flush();
        }
    }

    /** The stream is gone: the client left, or the proxy needs no more of it. */
    void cancelled() {
        Stage before = stage;
        stage = Stage.CLOSED;
        replies.clear();
        boolean wantsNoBody = responseMode == BodySendMode.NONE && before == Stage.ANSWER_BODY;
        boolean wantsNoAnswer =
                before == Stage.REQUEST_SENT && served != null && asksNotToBeSent() && !rules.readResponses();
        if (wantsNoBody || wantsNoAnswer) {
            leaveUnread();
        } else if (before != Stage.CLOSED) {
            end(Outcome.CLIENT_LEFT);
        }
    }

    private void end(Outcome outcome) {
        if (finish != null) {
            finish.end(outcome);
        }
    }

    private static <T> T known(@Nullable T part) {
        if (part == null) {
            throw new IllegalStateException("no request head has come");
        }
        return part;
    }
}
