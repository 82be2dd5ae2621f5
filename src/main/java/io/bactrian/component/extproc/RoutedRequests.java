package io.bactrian.component.extproc;

import com.google.protobuf.ByteString;
import io.bactrian.component.extproc.ProcessorStream.Incoming;
import io.bactrian.component.nettyhttp.DrainState;
import io.bactrian.exchange.InferenceExchange;
import io.bactrian.relay.UnsentRecord;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.Finish;
import io.bactrian.request.Finish.Outcome;
import io.bactrian.request.InferenceException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangePattern;
import org.apache.camel.Message;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes one exchange of each request, sends it down the route, and tells its stream what became of it. */
final class RoutedRequests {
    private static final Logger LOG = LoggerFactory.getLogger(RoutedRequests.class);

    private final ExtProcConsumer consumer;
    private final ExtProcComponent.Services services;
    private final UnreadRequests unread;

    RoutedRequests(ExtProcConsumer consumer, ExtProcComponent.Services services, UnreadRequests unread) {
        this.consumer = consumer;
        this.services = services;
        this.unread = unread;
    }

    /**
     * Returns the way to the route for one stream.
     *
     * @param home runs what belongs to the stream
     */
    ProcessorStream.Requests on(Executor home, ProcessorCall call) {
        return new OfStream(home, call);
    }

    private final class OfStream implements ProcessorStream.Requests {
        private final Executor home;
        private final ProcessorCall call;

        OfStream(Executor home, ProcessorCall call) {
            this.home = home;
            this.call = call;
        }

        @Override
        public @Nullable InferenceException refusal() {
            return services.drain().stage() == DrainState.Stage.REFUSING
                    ? new InferenceException(ErrorCode.SHUTTING_DOWN, "the router is stopping", Verdict.SHUTTING_DOWN)
                    : null;
        }

        @Override
        public void begins(Finish finish) {
            services.drain().requestBegan();
            finish.onEnd(outcome -> services.drain().requestEnded());
        }

        @Override
        public void turnedAway(InferenceException refusal) {
            services.observer().unsent(UnsentRecord.turnedAway(refusal));
        }

        @Override
        public void goesUnread(ServedRequest served) {
            unread.add(served);
        }

        @Override
        public void route(Incoming incoming, boolean whole, ProcessorStream stream) {
            Exchange exchange = consumer.createExchange(false);
            exchange.setPattern(ExchangePattern.InOut);
            exchange.getMessage().setBody(incoming.body());
            if (!whole) {
                exchange.getMessage().setHeader(InferenceExchange.HEAD_ONLY, true);
            }
            InferenceExchange inference =
                    InferenceExchange.begin(exchange, incoming.finish(), incoming.head(), incoming.body(), home);
            if (incoming.subset() != null) {
                inference.setAllowed(incoming.subset());
            }
            try {
                consumer.createUoW(exchange);
            } catch (Exception e) {
                exchange.setException(e);
            }
            if (exchange.getException() == null) {
                consumer.getAsyncProcessor().process(exchange, doneSync -> call.decided(() -> done(exchange, stream)));
            } else {
                call.decided(() -> done(exchange, stream));
            }
        }

        private void done(Exchange exchange, ProcessorStream stream) {
            try {
                stream.decided(verdict(exchange));
            } finally {
                consumer.doneUoW(exchange);
                consumer.releaseExchange(exchange, false);
            }
        }
    }

    private static Verdict verdict(Exchange exchange) {
        InferenceExchange inference = InferenceExchange.of(exchange);
        InferenceException refusal = inference.refusal();
        if (refusal != null) {
            return Verdict.refused(refusal);
        }
        if (exchange.getException() != null) {
            return failed(inference, exchange.getException());
        }
        ServedRequest served = ((ProxyHead) inference.head()).served();
        return served == null ? answered(exchange.getMessage()) : new Verdict.Handed(served);
    }

    /** The last resort: routes answer failures in errors.camel.yaml; what comes here failed outside of them. */
    private static Verdict failed(InferenceExchange inference, Exception failure) {
        InferenceException answer = failure instanceof InferenceException known
                ? known
                : new InferenceException(ErrorCode.INTERNAL, "the router failed; its log says why", failure);
        if (answer.code() == ErrorCode.INTERNAL) {
            LOG.error("request {} failed", inference.requestId(), failure);
        }
        inference.setRefusal(answer);
        inference.finish().willEndAs(Outcome.REFUSED);
        return Verdict.refused(answer);
    }

    /** The route has an answer of its own. */
    private static Verdict answered(Message message) {
        Integer status = message.getHeader(Exchange.HTTP_RESPONSE_CODE, Integer.class);
        String contentType = message.getHeader(Exchange.CONTENT_TYPE, String.class);
        byte[] body = message.getBody() instanceof GatheredBody ? null : message.getBody(byte[].class);
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("content-type", contentType == null ? "application/json" : contentType);
        return new Verdict.Answered(
                status == null ? 200 : status, headers, body == null ? ByteString.EMPTY : ByteString.copyFrom(body));
    }
}
