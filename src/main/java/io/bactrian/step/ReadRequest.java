package io.bactrian.step;

import io.bactrian.api.BodyReader;
import io.bactrian.api.ClientBody;
import io.bactrian.api.RequestPaths;
import io.bactrian.api.RequestTarget;
import io.bactrian.exchange.ClientHead;
import io.bactrian.exchange.InferenceExchange;
import io.bactrian.relay.RelayObserver;
import io.bactrian.relay.UnsentRecord;
import io.bactrian.request.Api;
import io.bactrian.request.Conversation;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.Finish.Outcome;
import io.bactrian.request.InferenceException;
import io.bactrian.request.RequestId;
import io.bactrian.request.RequestTracer;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.support.AsyncProcessorSupport;

/** Reads once what the client asks: what kind of request, of which model, with which prompt. */
public final class ReadRequest extends AsyncProcessorSupport {
    private static final String REQUEST_ID_HEADER = "x-request-id";

    private final RequestPaths paths;
    private final BodyReader reader;
    private final List<String> exposedHeaders;
    private final LongWork longWork;
    private final RelayObserver observer;
    private final RequestTracer tracer;

    /**
     * @param exposedHeaders request headers that routes see as Camel headers
     * @param workers read long bodies
     * @param observer is told of the requests that end without having been sent
     * @param tracer begins to follow each request
     */
    public ReadRequest(
            RequestPaths paths,
            BodyReader reader,
            List<String> exposedHeaders,
            Executor workers,
            RelayObserver observer,
            RequestTracer tracer) {
        this.paths = paths;
        this.reader = reader;
        this.exposedHeaders = exposedHeaders;
        this.longWork = new LongWork(workers);
        this.observer = observer;
        this.tracer = tracer;
    }

    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
        InferenceExchange inference = InferenceExchange.toRead(exchange);
        begin(inference);
        RequestTarget target;
        try {
            target = readHead(exchange.getMessage(), inference);
        } catch (InferenceException e) {
            exchange.setException(e);
            callback.done(true);
            return true;
        }
        return longWork.run(exchange, callback, inference, () -> readBody(exchange, inference, target.api()));
    }

    /** Lets those who observe requests follow this one from here to its end. */
    void begin(InferenceExchange inference) {
        inference.setTrace(tracer.begin(inference.head().method(), inference.head()::header));
        inference.finish().onEnd(outcome -> ended(inference, outcome));
    }

    /** What is known of a request that was sent is told by the call that sent it. */
    private void ended(InferenceExchange inference, Outcome outcome) {
        if (!inference.isSent()) {
            observer.unsent(new UnsentRecord(
                    inference.requestId(),
                    inference.requestIfRead(),
                    inference.poolName(),
                    outcome,
                    outcome == Outcome.REFUSED ? inference.refusal() : null,
                    inference.trace(),
                    Duration.ofNanos(System.nanoTime() - inference.beganNanos())));
        }
    }

    private RequestTarget readHead(Message message, InferenceExchange inference) {
        ClientHead head = inference.head();
        String id = requestId(head);
        inference.setTarget(id, "");
        message.setHeader(InferenceExchange.REQUEST_ID, id);
        RequestTarget target = paths.classify(head.target());
        inference.setTarget(id, target.forwarded());
        requireMethod(message, head.method(), target.api());
        for (String name : exposedHeaders) {
            String value = head.header(name);
            if (!value.isEmpty()) {
                message.setHeader(name, value);
            }
        }
        message.setHeader(Exchange.HTTP_METHOD, head.method());
        message.setHeader(Exchange.HTTP_PATH, target.path());
        return target;
    }

    /** Returns what the client calls its request, if that is allowed, or a new name; it need be unique, not secret. */
    static String requestId(ClientHead head) {
        String wanted = head.header(REQUEST_ID_HEADER);
        if (!wanted.isEmpty() && RequestId.isAllowed(wanted)) {
            return wanted;
        }
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return new UUID(random.nextLong(), random.nextLong()).toString();
    }

    private static void requireMethod(Message message, String method, Api api) {
        String expected = method;
        if (api.isJson()) {
            expected = "POST";
        } else if (api == Api.MODELS) {
            expected = "GET";
        }
        if (!method.equals(expected)) {
            message.setHeader(AnswerError.ALLOW, expected);
            throw new InferenceException(
                    ErrorCode.METHOD_NOT_ALLOWED, "method: " + method + " (expected: " + expected + ")");
        }
    }

    private void readBody(Exchange exchange, InferenceExchange inference, Api api) {
        try {
            ClientBody read = reader.read(inference.requestId(), api, inference.head()::header, inference.body());
            if (api == Api.STORED) {
                read.request().attributes().put(Conversation.ID, RequestPaths.storedId(inference.target()));
            }
            inference.setClientBody(read);
            exchange.getMessage().setHeader(InferenceExchange.API, api.name());
            exchange.getMessage()
                    .setHeader(InferenceExchange.MODEL, read.request().model());
        } catch (InferenceException e) {
            exchange.setException(e);
        }
    }
}
