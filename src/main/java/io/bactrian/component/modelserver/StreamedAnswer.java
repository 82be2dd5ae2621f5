package io.bactrian.component.modelserver;

import io.bactrian.api.Dialect;
import io.bactrian.api.ErrorBody;
import io.bactrian.component.nettyhttp.NettyClientHead;
import io.bactrian.component.nettyhttp.StreamedResponse;
import io.bactrian.exchange.InferenceExchange;
import io.bactrian.relay.ResponseFlow;
import io.bactrian.request.Finish.Outcome;
import io.bactrian.request.InferenceException;
import io.netty.channel.Channel;
import io.netty.channel.socket.SocketChannelConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import java.util.List;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.spi.InflightRepository;
import org.apache.camel.support.DefaultExchange;
import org.jspecify.annotations.Nullable;

/** Streams the answer to the client that waits at the HTTP door. */
final class StreamedAnswer implements Answer {
    private final InferenceExchange inference;
    private final NettyClientHead client;
    private final List<String> responseHeaders;
    private @Nullable Route route;
    private @Nullable ResponseFlow flow;
    private boolean isEventStream;
    private boolean renamesModel;

    StreamedAnswer(
            Exchange exchange,
            InferenceExchange inference,
            NettyClientHead client,
            AsyncCallback callback,
            List<String> responseHeaders) {
        this.inference = inference;
        this.client = client;
        this.responseHeaders = responseHeaders;
        this.route = new Route(exchange, callback);
    }

    /** Whom to tell of the answer, once; then it is let go, as it holds every message and step, and a stream may take hours. */
    private record Route(Exchange exchange, AsyncCallback callback) {
        void goOn() {
            callback.done(false);
        }
    }

    @Override
    public void begin(HttpResponse head, ResponseFlow answerFlow) {
        Route told = takeRoute();
        if (told == null) {
            return;
        }
        flow = answerFlow;
        inference.forgetChoice();
        isEventStream = answerFlow.isEventStream();
        renamesModel = answerFlow.renamesModel();
        if (!answerFlow.hasEnded()) {
            keepInFlight(told.exchange());
        }
        Message message = told.exchange().getMessage();
        message.setBody(new StreamedResponse(head.status(), responseHeaders(head, message), answerFlow));
        told.goOn();
    }

    private @Nullable Route takeRoute() {
        Route taken = route;
        route = null;
        return taken;
    }

    /**
     * Camel takes the exchange for finished once the head is handed over; a graceful stop must wait for the stream. Another exchange
     * stands for it: the messages of the first take 1 KiB, which thousands of streams would hold.
     */
    private void keepInFlight(Exchange exchange) {
        InflightRepository inFlight = exchange.getContext().getInflightRepository();
        String routeId = exchange.getFromRouteId();
        Exchange streaming = DefaultExchange.newFromEndpoint(exchange.getFromEndpoint());
        inFlight.add(streaming, routeId);
        inference.finish().onEnd(outcome -> inFlight.remove(streaming, routeId));
    }

    private HttpHeaders responseHeaders(HttpResponse head, Message message) {
        HttpHeaders headers = head.headers(); // nobody else reads them
        WireHeaders.toDownstream(headers, inference.requestId());
        if (isEventStream || renamesModel) {
            headers.remove(HttpHeaderNames.CONTENT_LENGTH); // an event may be left out, or one be added; names differ
        }
        boolean hasLength = headers.contains(HttpHeaderNames.CONTENT_LENGTH);
        if (!hasLength && !client.isHttp10()) {
            headers.set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
        }
        for (String name : responseHeaders) {
            String value = message.getHeader(name, String.class);
            if (value != null) {
                headers.set(name, value);
            }
        }
        return headers;
    }

    @Override
    public void progress() {
        client.writer().goOn();
    }

    @Override
    public void fail(InferenceException problem) {
        Route told = takeRoute();
        if (told != null) {
            told.exchange().setException(problem);
            told.goOn();
        }
    }

    @Override
    public void cut(InferenceException problem) {
        inference.finish().willEndAs(Outcome.UPSTREAM_CUT);
        if (isEventStream && flow != null) {
            inference.finish().onEnd(outcome -> client.channel().close());
            flow.cut(ErrorBody.event(
                    Dialect.of(inference.target()), problem.code(), String.valueOf(problem.getMessage())));
            progress();
        } else {
            // Not a byte may follow, least of all one that looks like a proper end.
            inference.finish().end();
            reset(client.channel());
        }
    }

    /** To a client of HTTP/1.0 a connection that is closed in order is an answer that is whole. */
    private static void reset(Channel channel) {
        if (channel.config() instanceof SocketChannelConfig socket) {
            socket.setSoLinger(0);
        }
        channel.close();
    }

    @Override
    public void abandon() {
        if (flow != null) {
            flow.discard();
        }
        Route told = takeRoute();
        if (told != null) {
            told.exchange().setRouteStop(true);
            told.goOn();
        }
    }
}
