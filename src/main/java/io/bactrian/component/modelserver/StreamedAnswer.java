package io.bactrian.component.modelserver;

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
import org.apache.camel.spi.InflightRepository;
import org.jspecify.annotations.Nullable;

/** Streams the answer to the client that waits at the HTTP door. */
final class StreamedAnswer implements Answer {
    private final Exchange exchange;
    private final InferenceExchange inference;
    private final NettyClientHead client;
    private final AsyncCallback callback;
    private final List<String> responseHeaders;
    private @Nullable ResponseFlow flow;
    private boolean isEventStream;
    private boolean done;

    StreamedAnswer(
            Exchange exchange,
            InferenceExchange inference,
            NettyClientHead client,
            AsyncCallback callback,
            List<String> responseHeaders) {
        this.exchange = exchange;
        this.inference = inference;
        this.client = client;
        this.callback = callback;
        this.responseHeaders = responseHeaders;
    }

    @Override
    public void begin(HttpResponse head, ResponseFlow answerFlow) {
        flow = answerFlow;
        isEventStream = answerFlow.isEventStream();
        if (!answerFlow.hasEnded()) {
            keepInFlight();
        }
        exchange.getMessage().setBody(new StreamedResponse(head.status(), responseHeaders(head), answerFlow));
        done();
    }

    /** Camel takes the exchange for finished once the head is handed over; a graceful stop must wait for the stream. */
    private void keepInFlight() {
        InflightRepository inFlight = exchange.getContext().getInflightRepository();
        String routeId = exchange.getFromRouteId();
        inFlight.add(exchange, routeId);
        inference.finish().onEnd(outcome -> inFlight.remove(exchange, routeId));
    }

    private HttpHeaders responseHeaders(HttpResponse head) {
        HttpHeaders headers = head.headers(); // nobody else reads them
        WireHeaders.toDownstream(headers, inference.requestId());
        if (isEventStream) {
            headers.remove(HttpHeaderNames.CONTENT_LENGTH); // an event may be left out, or one be added
        }
        boolean hasLength = headers.contains(HttpHeaderNames.CONTENT_LENGTH);
        if (!hasLength && !client.isHttp10()) {
            headers.set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
        }
        for (String name : responseHeaders) {
            String value = exchange.getMessage().getHeader(name, String.class);
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
        exchange.setException(problem);
        done();
    }

    @Override
    public void cut(InferenceException problem) {
        inference.finish().willEndAs(Outcome.UPSTREAM_CUT);
        if (isEventStream && flow != null) {
            inference.finish().onEnd(outcome -> client.channel().close());
            flow.cut(ErrorBody.event(problem.code(), String.valueOf(problem.getMessage())));
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
        if (!done) {
            exchange.setRouteStop(true);
            done();
        }
    }

    private void done() {
        done = true;
        callback.done(false);
    }
}
