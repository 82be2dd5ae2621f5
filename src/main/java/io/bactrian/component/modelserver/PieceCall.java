package io.bactrian.component.modelserver;

import io.bactrian.api.AnswerCorrection;
import io.bactrian.api.ChatPiece;
import io.bactrian.api.ChatPieces;
import io.bactrian.endpoint.EndpointBreaker;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.engine.connector.Leg;
import io.bactrian.exchange.InferenceExchange;
import io.bactrian.relay.ResponseFlow;
import io.bactrian.relay.UpstreamCall;
import io.bactrian.relay.UpstreamFailure;
import io.bactrian.relay.UpstreamListener;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.Finish.Outcome;
import io.bactrian.request.InferenceException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One chat that is generated in pieces, each by a request of its own, so that an engine that dies has lost one piece. What a piece cannot
 * go on from is generated anew in one go, while nothing has been sent to the client. Everything happens on one event loop.
 */
final class PieceCall implements UpstreamListener {
    private static final int MAX_ANSWER_BYTES = 16 * 1024 * 1024;
    private static final int OK = 200;
    private static final int BAD_REQUEST = 400;
    private static final int SERVER_ERROR = 500;

    private final RequestScope scope;
    private final InferenceExchange inference;
    private final Answer answer;
    private final CallReport report;
    private final AnswerNews news;
    private final ChatPieces chat;
    private final Pieces pieces;
    private final EndpointState endpoint;
    private final DecodeTarget target; // kept, as the decision is let go when the answer begins
    private final boolean streams;
    private final long budget;
    private final StringBuilder text = new StringBuilder();
    private long tokens; // generated
    private @Nullable ChatPiece first;
    private EndpointBreaker.@Nullable Permission permission;
    private @Nullable UpstreamCall call;
    private @Nullable HttpResponse head; // of the piece at hand
    private ByteArrayOutputStream body = new ByteArrayOutputStream();
    private @Nullable ResponseFlow flow; // once the client is answered
    private boolean paused; // the client is slow: the next piece is not asked for
    private boolean waits;
    private boolean over;
    private boolean handedOver;
    private int sent;

    /** @param pieces how long they are, and whether the engine can go on from one */
    PieceCall(RequestScope scope, Answer answer, ChatPieces chat, Pieces pieces) {
        this.scope = scope;
        this.inference = scope.inference();
        this.answer = answer;
        this.report = new CallReport(scope);
        this.news = new AnswerNews(inference);
        this.chat = chat;
        this.pieces = pieces;
        this.endpoint = inference.decision().endpoint();
        this.target = DecodeTarget.of(scope);
        this.streams = inference.request().stream();
        this.budget = inference.request().maxOutputTokens().orElse(Integer.MAX_VALUE);
    }

    void begin() {
        permission = endpoint.tryAcquire();
        if (permission == null) {
            new DecodeCall(scope, answer).begin(); // which says why
            return;
        }
        inference.setSent();
        report.sent();
        report.attempted();
        scope.services().observer().began(inference.request());
        scope.onEnd(this::close);
        if (!over) {
            ask(false);
        }
    }

    private void ask(boolean fresh) {
        body = new ByteArrayOutputStream();
        head = null;
        int attempt = ++sent;
        UpstreamCall begun = scope.services().client().send(scope.loop(), target.address(), request(), fresh, this);
        if (attempt == sent && !over && !handedOver) {
            call = begun;
        }
    }

    private FullHttpRequest request() {
        long left = budget - tokens;
        byte[] asked = chat.ask(first == null ? null : text.toString(), Math.min(pieces.tokens(), left));
        FullHttpRequest request = target.request(scope, Unpooled.wrappedBuffer(asked), Leg.PLAIN);
        if (first == null) {
            target.trace(scope, request);
        }
        return request;
    }

    @Override
    public void onHead(HttpResponse pieceHead) {
        head = pieceHead;
    }

    @Override
    public void onContent(ByteBuf content) {
        byte[] bytes = new byte[content.readableBytes()];
        content.readBytes(bytes).release();
        if (over) {
            return;
        }
        if (body.size() + bytes.length > MAX_ANSWER_BYTES) {
            abortCall();
            stop("its answer is longer than " + MAX_ANSWER_BYTES + " bytes", null);
        } else {
            body.writeBytes(bytes);
        }
    }

    @Override
    public void onReadComplete() {}

    @Override
    public void onEnd(boolean delimited) {
        HttpResponse pieceHead = head;
        if (over || pieceHead == null) {
            return;
        }
        call = null;
        int pieceStatus = pieceHead.status().code();
        if (pieceStatus != OK) {
            refused(pieceHead, pieceStatus);
            return;
        }
        try {
            take(pieceHead, ChatPiece.read(body.toByteArray()));
        } catch (IOException e) {
            stop("a piece of its answer makes no sense: " + e.getMessage(), null);
        }
    }

    private void refused(HttpResponse pieceHead, int pieceStatus) {
        boolean cannotGoOn = first != null && pieceStatus == BAD_REQUEST;
        if (cannotGoOn) {
            pieces.cannotGoOn();
        }
        if (flow != null) {
            stop("it answered " + pieceStatus + " to a further piece", null);
        } else if (cannotGoOn) {
            inOneGo();
        } else {
            if (pieceStatus >= SERVER_ERROR && permission != null) {
                permission.error(new InferenceException(ErrorCode.UPSTREAM_FAILED, "status " + pieceStatus));
            }
            answerWith(pieceHead, body.toByteArray());
        }
    }

    private void take(HttpResponse pieceHead, ChatPiece piece) {
        boolean isFirst = first == null;
        if (isFirst && !piece.isTextAlone() && (streams || !piece.isLast())) {
            pieces.cannotGoOn(); // a model that reasons does so every time
            inOneGo();
            return;
        }
        ChatPiece begun = first == null ? piece : first;
        first = begun;
        text.append(piece.text());
        tokens += piece.tokens();
        boolean ends = piece.isLast() || tokens >= budget;
        if (streams) {
            emit(pieceHead, begun, piece, ends);
        } else if (ends) {
            answerWith(pieceHead, isFirst ? body.toByteArray() : piece.whole(text.toString(), begun.usage(tokens)));
        }
        if (!ends && paused) {
            waits = true;
        } else if (!ends) {
            ask(false);
        }
    }

    private void emit(HttpResponse pieceHead, ChatPiece begun, ChatPiece piece, boolean ends) {
        ResponseFlow open = flow == null ? beginStream(pieceHead) : flow;
        open.add(Unpooled.wrappedBuffer(begun.event(piece, ends)));
        if (ends) {
            open.add(Unpooled.wrappedBuffer(begun.lastEvents(begun.usage(tokens))));
            succeeded();
            open.end();
        }
        if (flow == null) {
            flow = open;
            handOver(pieceHead, open);
        } else {
            answer.progress();
        }
    }

    private ResponseFlow beginStream(HttpResponse pieceHead) {
        pieceHead.headers().remove(HttpHeaderNames.CONTENT_LENGTH);
        pieceHead.headers().set(HttpHeaderNames.CONTENT_TYPE, "text/event-stream; charset=utf-8");
        ResponseFlow begun = scope.services()
                .flows()
                .create(
                        inference.request(),
                        pieceHead,
                        !inference.request().includeUsage(),
                        AnswerCorrection.NONE,
                        inference.clientModel());
        begun.connect(new Throttle());
        return begun;
    }

    /** Ends the request with one whole answer. */
    private void answerWith(HttpResponse answerHead, byte[] content) {
        ResponseFlow whole = scope.whole(answerHead, ByteBuffer.wrap(content));
        answerHead.headers().set(HttpHeaderNames.CONTENT_LENGTH, content.length);
        succeeded();
        flow = whole;
        handOver(answerHead, whole);
    }

    private void handOver(HttpResponse answerHead, ResponseFlow begun) {
        report.firstBytes();
        report.status(answerHead.status().code());
        news.begins(answerHead);
        answer.begin(answerHead, begun);
    }

    private void inOneGo() {
        handedOver = true;
        if (permission != null) {
            permission.released();
        }
        new DecodeCall(scope, answer).takeOver();
    }

    @Override
    public void onFailure(UpstreamFailure failure, String message) {
        call = null;
        if (over) {
            return;
        }
        if (failure == UpstreamFailure.STALE_CONNECTION) {
            ask(true);
            return;
        }
        stop(message, failure);
    }

    private void stop(String message, @Nullable UpstreamFailure failure) {
        boolean timedOut = failure == UpstreamFailure.FIRST_BYTE_TIMEOUT || failure == UpstreamFailure.ANSWER_TIMEOUT;
        InferenceException why = new InferenceException(
                timedOut ? ErrorCode.UPSTREAM_TIMEOUT : ErrorCode.UPSTREAM_FAILED,
                "endpoint " + name() + ": " + message,
                failure == UpstreamFailure.CONNECT ? new ConnectException(message) : null);
        report.failed(why);
        if (permission != null) {
            permission.error(why);
        }
        if (flow == null) {
            answer.fail(why);
        } else {
            answer.cut(why);
        }
    }

    private void succeeded() {
        report.answered();
        if (permission != null) {
            permission.success(); // of two outcomes the first counts
        }
    }

    private void close(Outcome outcome) {
        if (over || handedOver) {
            return;
        }
        over = true;
        abortCall();
        if (permission != null) {
            permission.released();
        }
        report.tell(outcome, name(), flow);
        if (outcome == Outcome.CLIENT_LEFT) {
            answer.abandon();
        }
        if (flow != null) {
            flow.discard();
        }
    }

    private void abortCall() {
        if (call != null) {
            call.abort();
            call = null;
        }
    }

    private String name() {
        return endpoint.endpoint().hostPort();
    }

    /** Lets a slow client keep the next piece from being asked for. */
    private final class Throttle implements UpstreamCall {
        @Override
        public void abort() {
            abortCall();
        }

        @Override
        public void pause() {
            paused = true;
        }

        @Override
        public void resume() {
            paused = false;
            if (waits && !over) {
                waits = false;
                ask(false);
            }
        }
    }
}
