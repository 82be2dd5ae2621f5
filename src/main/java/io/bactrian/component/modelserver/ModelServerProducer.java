package io.bactrian.component.modelserver;

import io.bactrian.component.nettyhttp.NettyClientHead;
import io.bactrian.exchange.InferenceExchange;
import io.netty.channel.EventLoop;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultAsyncProducer;

/** Begins an {@link EncodeCall}, {@link PrefillCall}, {@link DecodeCall} or {@link PieceCall} for each exchange, on the event loop of the client's connection. */
final class ModelServerProducer extends DefaultAsyncProducer {
    private final ModelServerEndpoint endpoint;
    private final ModelServerComponent.Services services;
    private final Pieces pieces;

    ModelServerProducer(ModelServerEndpoint endpoint, ModelServerComponent.Services services) {
        super(endpoint);
        this.endpoint = endpoint;
        this.services = services;
        this.pieces = new Pieces(endpoint.getChunkTokens());
    }

    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
        EventLoop loop;
        Runnable call;
        try {
            InferenceExchange inference = InferenceExchange.toSend(exchange);
            loop = inference.head() instanceof NettyClientHead client
                    ? client.channel().eventLoop()
                    : services.loops().next();
            Answer answer = answerFor(exchange, inference, callback);
            RequestScope scope = new RequestScope(services, inference, loop);
            call = switch (endpoint.getRole()) {
                case "encode" -> new EncodeCall(scope, new StageStep(scope, exchange, answer, callback))::begin;
                case "prefill" -> new PrefillCall(scope, new StageStep(scope, exchange, answer, callback))::begin;
                default ->
                    pieces.mayTake(inference)
                            ? () -> pieces.begin(scope, answer)
                            : new DecodeCall(scope, answer)::begin;
            };
        } catch (IllegalStateException | IllegalArgumentException e) {
            exchange.setException(e); // the route is wrong: it says which step is missing
            callback.done(true);
            return true;
        }
        if (loop.inEventLoop()) {
            call.run();
        } else {
            loop.execute(call);
        }
        return false;
    }

    private Answer answerFor(Exchange exchange, InferenceExchange inference, AsyncCallback callback) {
        boolean atDoor = inference.head() instanceof NettyClientHead;
        return switch (endpoint.getResponse()) {
            case stream -> streamed(exchange, inference, callback);
            case buffer -> buffered(exchange, inference, callback);
            case auto -> atDoor ? streamed(exchange, inference, callback) : buffered(exchange, inference, callback);
        };
    }

    private Answer streamed(Exchange exchange, InferenceExchange inference, AsyncCallback callback) {
        if (inference.head() instanceof NettyClientHead client) {
            return new StreamedAnswer(exchange, inference, client, callback, services.responseHeaders());
        }
        throw new IllegalArgumentException(
                "response=stream: the request did not come through the HTTP door (expected: response=buffer)");
    }

    private Answer buffered(Exchange exchange, InferenceExchange inference, AsyncCallback callback) {
        return new BufferedAnswer(exchange, inference, callback, endpoint.getMaxResponseBytes());
    }
}
