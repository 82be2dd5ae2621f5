package io.bactrian.exchange;

import io.bactrian.api.BodyEdits;
import io.bactrian.api.BodyPlaces;
import io.bactrian.api.ClientBody;
import io.bactrian.api.Splice;
import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.Finish;
import io.bactrian.request.InferenceException;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.Prompt;
import io.bactrian.request.PromptSink;
import io.bactrian.request.RequestBytes;
import io.bactrian.request.RequestTrace;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.EndpointChoice;
import io.bactrian.scheduling.RequestListener;
import io.bactrian.scheduling.ScheduledPool;
import io.bactrian.scheduling.Scheduler;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * What the steps of a route know about the inference request that an exchange carries. The only file that names exchange
 * properties.
 *
 * <p>Each step may rely on what the steps before it have set; asking for what was not set yet is a mistake in the route
 * and says which step is missing. Used by one thread at a time.
 */
public final class InferenceExchange {

    /** Camel header with the model the client named. */
    public static final String MODEL = "BactrianModel";

    /** Camel header with the kind of request, a name of {@link io.bactrian.request.Api}. */
    public static final String API = "BactrianApi";

    /** Camel header with the pool that serves the request; a route may set it before {@code assign-pool}. */
    public static final String POOL = "BactrianPool";

    /** Camel header with the host and port of the endpoint that was picked. */
    public static final String ENDPOINT = "BactrianEndpoint";

    /**
     * Camel header with the host and port of the endpoint that is to compute the prompt for the other; absent if that one does it
     * itself, or if a sidecar splits.
     */
    public static final String PREFILL_ENDPOINT = "BactrianPrefillEndpoint";

    /**
     * Camel header with the hosts and ports of the endpoints that are to encode images, video and sound, separated by commas; absent if
     * that is done where the prompt is computed, or if a sidecar splits.
     */
    public static final String ENCODE_ENDPOINTS = "BactrianEncodeEndpoints";

    /** Camel header with the request's id. */
    public static final String REQUEST_ID = "BactrianRequestId";

    /** Camel header that is true for a request whose body a proxy does not send before it is told an endpoint. */
    public static final String HEAD_ONLY = "BactrianHeadOnly";

    /** Camel header with the data-parallel rank whose port a request came to, where a sidecar has several; absent for the first. */
    public static final String RANK = "BactrianRank";

    private static final String PROPERTY = "BactrianInference";

    private final Finish finish;
    private final ClientHead head;
    private final RequestBytes body;
    private final Executor home;
    private final long beganNanos = System.nanoTime();
    private RequestTrace trace = RequestTrace.NONE;
    private long admittedNanos = -1;
    private boolean sent;
    private @Nullable InferenceException refusal;
    private String requestId = "";
    private String target = "";
    private @Nullable InferenceRequest request;
    private List<Splice> usageSplices = List.of();
    private @Nullable ClientBody clientBody;
    private @Nullable String clientModel;
    private @Nullable Splice renaming;
    private BodyPlaces places = BodyPlaces.NONE;
    private int choices = 1;
    private @Nullable Split split;
    private @Nullable Encoding encoding;
    private @Nullable ScheduledPool pool;
    private @Nullable Scheduler scheduler;
    private @Nullable List<EndpointState> candidates;
    private RequestListener listener = RequestListener.NONE;
    private @Nullable EndpointChoice choice;
    private Decision.@Nullable Picked decision;
    private Predicate<Endpoint> allowed = endpoint -> true;

    private InferenceExchange(Finish finish, ClientHead head, RequestBytes body, Executor home) {
        this.finish = finish;
        this.head = head;
        this.body = body;
        this.home = home;
    }

    /**
     * Begins the life of a request in {@code exchange}.
     *
     * @param home runs what belongs to the request's own event loop
     */
    public static InferenceExchange begin(
            Exchange exchange, Finish finish, ClientHead head, RequestBytes body, Executor home) {
        InferenceExchange inference = new InferenceExchange(finish, head, body, home);
        exchange.setProperty(PROPERTY, inference);
        return inference;
    }

    /** Returns the request that {@code exchange} carries; begins one from its body if it did not come by our door. */
    public static InferenceExchange of(Exchange exchange) {
        InferenceExchange inference = exchange.getProperty(PROPERTY, InferenceExchange.class);
        return inference != null ? inference : ForeignExchange.begin(exchange);
    }

    /**
     * Returns the request that {@code exchange} carries, to be read: one that did not come by our door begins anew from
     * the message as it stands, so that a route may ask twice.
     */
    public static InferenceExchange toRead(Exchange exchange) {
        InferenceExchange inference = of(exchange);
        if (inference.isForeign() && inference.request != null) {
            inference.finish.end();
            return ForeignExchange.begin(exchange);
        }
        return inference;
    }

    /**
     * Returns the request that {@code exchange} carries, to be sent: one that did not come by our door goes on if the
     * kamelet that picked its endpoint has ended it.
     */
    public static InferenceExchange toSend(Exchange exchange) {
        InferenceExchange inference = of(exchange);
        return inference.isForeign() && inference.finish.hasEnded() ? inference.resume(exchange) : inference;
    }

    private InferenceExchange resume(Exchange exchange) {
        InferenceExchange next = begin(exchange, ForeignExchange.finishWith(exchange), head, body, home);
        next.setTarget(requestId, target);
        next.setRequest(request(), usageSplices);
        next.clientModel = clientModel;
        next.renaming = renaming;
        next.setPlaces(places, choices);
        next.pool = pool();
        next.allowed = allowed;
        next.scheduler = scheduler(); // the one that its candidates were made for
        next.setCandidates(candidates());
        next.setListener(listener);
        next.setChoice(choice().resume(decision().endpoint(), next.finish), decision());
        return next;
    }

    /** Tells whether the request did not come by our door, so that no connection ends it. */
    public boolean isForeign() {
        return head instanceof ForeignExchange.MessageHead;
    }

    /** Returns the end of the request, where everything it holds is given back. */
    public Finish finish() {
        return finish;
    }

    /** Returns what stood before the body. */
    public ClientHead head() {
        return head;
    }

    /** Returns the body; held until the request ends. */
    public RequestBytes body() {
        return body;
    }

    /** Returns what runs work on the event loop of the request. */
    public Executor home() {
        return home;
    }

    /** Returns when the whole request had been read, by {@link System#nanoTime()}. */
    public long beganNanos() {
        return beganNanos;
    }

    /** Returns who follows the request for a tracer. */
    public RequestTrace trace() {
        return trace;
    }

    public void setTrace(RequestTrace follower) {
        trace = follower;
    }

    /** Notes that the request's turn has come. */
    public void setAdmitted() {
        admittedNanos = System.nanoTime() - beganNanos;
    }

    /** Returns how long after {@link #beganNanos} the request's turn came; -1 if it has not. */
    public long admittedNanos() {
        return admittedNanos;
    }

    /** Tells whether a call of a model server has taken the request over, and tells of its end. */
    public boolean isSent() {
        return sent;
    }

    /** Notes that a call of a model server takes the request over. */
    public void setSent() {
        sent = true;
    }

    /** Returns the error that the client is answered with; null if there is none. */
    public @Nullable InferenceException refusal() {
        return refusal;
    }

    /** Notes the error that the client is answered with. */
    public void setRefusal(InferenceException answered) {
        refusal = answered;
    }

    /** Returns the name of the request in logs and towards the model server; empty before {@code read-request}. */
    public String requestId() {
        return requestId;
    }

    /** Returns the normalised path with the client's query. */
    public String target() {
        return target;
    }

    /** Notes what the request is called and where it goes. */
    public void setTarget(String id, String normalisedTarget) {
        requestId = id;
        target = normalisedTarget;
    }

    /** Returns what the client asks. */
    public InferenceRequest request() {
        return set(request, "read-request");
    }

    /** Returns what the client asks; null if that could not be read. */
    public @Nullable InferenceRequest requestIfRead() {
        return request;
    }

    /** Returns what has to be changed in the body so that the model server reports usage. */
    public List<Splice> usageSplices() {
        return usageSplices;
    }

    /** Notes what was read from the body. */
    public void setRequest(InferenceRequest read, List<Splice> splices) {
        request = read;
        usageSplices = splices;
    }

    /** Notes the body that was read, whose model may be rewritten. */
    public void setClientBody(ClientBody read) {
        setRequest(read.request(), read.usageSplices());
        setPlaces(read.places(), read.choices());
        read.request().context().setBody(body);
        clientBody = read.modelEnd() == 0 ? null : read;
    }

    /** Lets the request go on as if nobody had read its body, which stays as it came. */
    public void leaveUnread() {
        setRequest(request().unread(), List.of());
        setPlaces(BodyPlaces.NONE, 1);
        clientBody = null;
        clientModel = null;
        renaming = null;
    }

    /** Tells whether the body names a model, which {@link #rewriteModel} can replace. */
    public boolean canRewriteModel() {
        return clientBody != null;
    }

    /** Lets {@code model} serve the request; the client hears of the model that it has named. */
    public void rewriteModel(String model) {
        clientModel = clientModel == null ? request().model() : clientModel;
        renaming = set(clientBody, "read-request").renameModel(model);
        request = request().withModel(model);
    }

    /** Returns the model that the client has named, if another one serves it; null if it does itself. */
    public @Nullable String clientModel() {
        return clientModel;
    }

    /** Returns what has to be changed in the body so that it names the model that serves it. */
    public List<Splice> modelSplices() {
        return renaming == null ? List.of() : List.of(renaming);
    }

    /** Returns what has to be changed in the body before it is sent: {@link #usageSplices} and the model. */
    public List<Splice> bodySplices() {
        return BodyEdits.merge(usageSplices, modelSplices());
    }

    /**
     * Lets go of the prompt, of a request that will not be decided again: what is told of its end needs the numbers alone, and a
     * body may be long.
     */
    public void forgetPrompt() {
        InferenceRequest read = request();
        request = new InferenceRequest(
                read.id(),
                read.api(),
                read.model(),
                read.adapter(),
                read.cacheSalt(),
                read.stream(),
                read.includeUsage(),
                read.maxOutputTokens(),
                new CountedPrompt(read.prompt().estimatedTokens()),
                read.bodyBytes(),
                read.context());
        read.context().setBody(RequestBytes.EMPTY);
        clientBody = null;
        usageSplices = List.of();
    }

    /** What is left of a prompt once it is forgotten. */
    private record CountedPrompt(int estimatedTokens) implements Prompt {
        @Override
        public int count() {
            return 0;
        }

        @Override
        public void read(int index, PromptSink sink) {
            throw new IndexOutOfBoundsException(index);
        }
    }

    /** Returns where the members of the body are that a split of prefill and decode rewrites. */
    public BodyPlaces places() {
        return places;
    }

    /** Returns how many answers the client wants to each prompt. */
    public int choices() {
        return choices;
    }

    /** Notes how the body may be rewritten, and how many answers to each prompt are wanted. */
    public void setPlaces(BodyPlaces found, int wanted) {
        places = found;
        choices = wanted;
    }

    /** Returns what the prefill step has left for the decode step; null if the endpoint that answers computes the prompt. */
    public @Nullable Split split() {
        return split;
    }

    public void setSplit(@Nullable Split left) {
        split = left;
    }

    /** Returns what the encode step has left; null if whoever computes the prompt encodes its media. */
    public @Nullable Encoding encoding() {
        return encoding;
    }

    public void setEncoding(Encoding left) {
        encoding = left;
    }

    /** Tells whether the body has been read as JSON. */
    public boolean isJson() {
        return request != null && request.api().isJson();
    }

    /** Returns the pool that serves the request. */
    public ScheduledPool pool() {
        return set(pool, "assign-pool");
    }

    /** Returns the name of the pool that serves the request; empty if none is assigned. */
    public String poolName() {
        return pool == null ? "" : pool.pool().name();
    }

    /** Assigns the pool, and the scheduler that it has at this moment. */
    public void setPool(ScheduledPool assigned) {
        pool = assigned;
        scheduler = assigned.scheduler();
    }

    /** Returns the scheduler that decides for this request. */
    public Scheduler scheduler() {
        return set(scheduler, "assign-pool");
    }

    /** Returns the endpoints of the pool as this request sees them. */
    public List<EndpointState> candidates() {
        return set(candidates, "enrich-metrics");
    }

    public void setCandidates(List<EndpointState> seen) {
        candidates = seen;
    }

    /** Tells whether the request may go to {@code endpoint}, as far as whoever sent it here says. */
    public boolean isAllowed(Endpoint endpoint) {
        return allowed.test(endpoint);
    }

    /** Keeps the request to the endpoints that {@code allow} accepts. */
    public void setAllowed(Predicate<Endpoint> allow) {
        allowed = allow;
    }

    /** Returns who follows the request from the choice of its endpoint on. */
    public RequestListener listener() {
        return listener;
    }

    public void setListener(RequestListener follower) {
        listener = follower;
    }

    /** Returns the choice, which can be made again. */
    public EndpointChoice choice() {
        return set(choice, "pick-endpoints");
    }

    /** Returns the decision in force. */
    public Decision.Picked decision() {
        return set(decision, "pick-endpoints");
    }

    /** Notes the choice and what it came to. */
    public void setChoice(EndpointChoice made, Decision.Picked picked) {
        choice = made;
        decision = picked;
    }

    /**
     * Lets go of what only another choice needs, of a request that will not be sent again: its answer may take hours, and a
     * state of each endpoint was made for it.
     */
    public void forgetChoice() {
        candidates = null;
        choice = null;
        decision = null;
        listener = RequestListener.NONE;
    }

    private static <T> T set(@Nullable T value, String step) {
        if (value == null) {
            throw new IllegalStateException("the route lacks a step before this one (expected: " + step + ")");
        }
        return value;
    }
}
