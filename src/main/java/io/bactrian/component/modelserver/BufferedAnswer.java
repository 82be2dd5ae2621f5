package io.bactrian.component.modelserver;

import io.bactrian.exchange.InferenceExchange;
import io.bactrian.relay.ResponseFlow;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.Finish.Outcome;
import io.bactrian.request.InferenceException;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/** Reads the whole answer and sets it as the message body: for requests that do not come through the HTTP door. */
final class BufferedAnswer implements Answer {
    private final Exchange exchange;
    private final InferenceExchange inference;
    private final AsyncCallback callback;
    private final int maxBytes;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private @Nullable HttpResponse head;
    private @Nullable ResponseFlow flow;
    private boolean done;

    BufferedAnswer(Exchange exchange, InferenceExchange inference, AsyncCallback callback, int maxBytes) {
        this.exchange = exchange;
        this.inference = inference;
        this.callback = callback;
        this.maxBytes = maxBytes;
    }

    @Override
    public void begin(HttpResponse answerHead, ResponseFlow answerFlow) {
        head = answerHead;
        flow = answerFlow;
        progress();
    }

    @Override
    public void progress() {
        if (flow == null || done) {
            return;
        }
        ByteBuf piece;
        while ((piece = flow.poll()) != null) {
            take(piece);
        }
        if (done) {
            flow.discard(); // the rest is of no use
        } else if (flow.isDrained()) {
            finish();
        }
    }

    private void take(ByteBuf piece) {
        try {
            if (!done && body.size() + piece.readableBytes() > maxBytes) {
                fail(new InferenceException(
                        ErrorCode.UPSTREAM_FAILED, "answer: longer than " + maxBytes + " bytes (maxResponseBytes)"));
            } else if (!done) {
                piece.readBytes(body, piece.readableBytes());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            piece.release();
        }
    }

    private void finish() {
        exchange.getMessage().setBody(body.toByteArray());
        if (head != null) {
            exchange.getMessage()
                    .setHeader(Exchange.HTTP_RESPONSE_CODE, head.status().code());
            exchange.getMessage()
                    .setHeader(Exchange.CONTENT_TYPE, head.headers().get(HttpHeaderNames.CONTENT_TYPE));
        }
        endIfForeign(Outcome.COMPLETED);
        done();
    }

    @Override
    public void fail(InferenceException problem) {
        exchange.setException(problem);
        endIfForeign(Outcome.REFUSED);
        done();
    }

    /** The door ends its requests when it has answered; with the others nothing is left to be done. */
    private void endIfForeign(Outcome outcome) {
        if (inference.isForeign()) {
            inference.finish().end(outcome);
        }
    }

    @Override
    public void cut(InferenceException problem) {
        if (!done) {
            fail(problem);
        }
        if (flow != null) {
            flow.discard();
        }
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
