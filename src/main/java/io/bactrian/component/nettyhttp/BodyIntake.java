package io.bactrian.component.nettyhttp;

import io.bactrian.relay.RelayObserver;
import io.bactrian.relay.UnsentRecord;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.InferenceException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.AsciiString;
import io.netty.util.ReferenceCountUtil;
import java.util.Iterator;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Lets a request in only if it is well framed, and its body only as far as the limits go; passes it on when it is whole.
 *
 * <p>Body bytes are counted against the memory budget while they arrive; the count passes on with the whole request. A body
 * that comes in one piece, as all short ones do, stays one; Netty's aggregator would make a composite of it, and two more
 * requests around it.
 */
final class BodyIntake extends ChannelInboundHandlerAdapter {
    /** Pieces after which those before are copied into one: a body may come byte by byte. */
    private static final int MAX_PIECES = 1024;

    private static final FullHttpResponse CONTINUE =
            new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER);

    private final HttpSettings settings;
    private final MemoryBudget budget;
    private final DrainState drain;
    private final AnswerWriter writer;
    private final RelayObserver observer;
    private @Nullable HttpRequest head; // of the request that is arriving
    private ByteBuf body = Unpooled.EMPTY_BUFFER;
    private int heldBytes;
    private boolean refusing;

    BodyIntake(
            HttpSettings settings, MemoryBudget budget, DrainState drain, AnswerWriter writer, RelayObserver observer) {
        this.settings = settings;
        this.budget = budget;
        this.drain = drain;
        this.writer = writer;
        this.observer = observer;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (refusing) {
            ReferenceCountUtil.release(message);
            return;
        }
        Problem problem = problemOf(message);
        if (problem != null) {
            refusing = true;
            String target = targetOf(message);
            ReferenceCountUtil.release(message);
            drop();
            observer.unsent(UnsentRecord.turnedAway(new InferenceException(problem.code(), problem.message())));
            LingeringClose.answer(ctx, Refusal.closing(target, problem.code(), problem.message()));
            return;
        }
        if (message instanceof HttpRequest request) {
            head = request;
            drain.requestBegan(); // a stop waits for a body that is still arriving
            if (HttpUtil.is100ContinueExpected(request)) {
                ctx.writeAndFlush(CONTINUE.retainedDuplicate(), ctx.voidPromise());
            }
        }
        if (message instanceof HttpContent content) {
            add(ctx, content.content());
            if (message instanceof LastHttpContent last) {
                pass(ctx, last.trailingHeaders());
            }
        }
    }

    /** Takes {@code piece} with its reference. */
    private void add(ChannelHandlerContext ctx, ByteBuf piece) {
        if (!piece.isReadable()) {
            piece.release();
        } else if (!body.isReadable()) {
            body = piece;
        } else if (body instanceof CompositeByteBuf pieces) {
            pieces.addComponent(true, piece);
        } else {
            body = ctx.alloc()
                    .compositeBuffer(MAX_PIECES)
                    .addComponent(true, body)
                    .addComponent(true, piece);
        }
    }

    private void pass(ChannelHandlerContext ctx, HttpHeaders trailers) {
        HttpRequest whole = Objects.requireNonNull(head, "content before a head");
        ByteBuf wholeBody = body;
        int held = heldBytes;
        head = null;
        body = Unpooled.EMPTY_BUFFER;
        heldBytes = 0;
        ctx.fireChannelRead(new DoorRequest(whole, wholeBody, trailers, held, ctx.channel(), writer));
    }

    private record Problem(ErrorCode code, String message) {}

    private @Nullable Problem problemOf(Object message) {
        if (message instanceof HttpObject object && object.decoderResult().isFailure()) {
            return malformed(object.decoderResult().cause());
        }
        if (message instanceof HttpRequest request) {
            Problem problem = headProblem(request);
            if (problem != null) {
                return problem;
            }
        }
        return message instanceof HttpContent content ? contentProblem(content) : null;
    }

    private Problem malformed(Throwable cause) {
        if (cause instanceof TooLongHttpLineException) {
            return new Problem(
                    ErrorCode.URI_TOO_LONG,
                    "request line: longer than " + settings.maxInitialLineBytes()
                            + " bytes (bactrian.http.max-initial-line-bytes)");
        }
        if (cause instanceof TooLongHttpHeaderException) {
            return new Problem(
                    ErrorCode.HEADERS_TOO_LARGE,
                    "request head: longer than " + settings.maxHeaderBytes()
                            + " bytes (bactrian.http.max-header-bytes)");
        }
        return new Problem(ErrorCode.BAD_REQUEST, "not a valid HTTP request");
    }

    private @Nullable Problem headProblem(HttpRequest request) {
        if (drain.stage() == DrainState.Stage.REFUSING) {
            return new Problem(ErrorCode.SHUTTING_DOWN, "the router is stopping");
        }
        int hosts = count(request, HttpHeaderNames.HOST);
        boolean hostNeeded = request.protocolVersion().compareTo(HttpVersion.HTTP_1_1) >= 0;
        if (hosts > 1 || (hostNeeded && hosts == 0)) {
            return new Problem(ErrorCode.BAD_REQUEST, "Host: " + hosts + " headers (expected: 1)");
        }
        if (request.protocolVersion().majorVersion() != 1) {
            return new Problem(ErrorCode.BAD_REQUEST, "version (expected: HTTP/1.1 or HTTP/1.0)");
        }
        String coding = request.headers().get(HttpHeaderNames.TRANSFER_ENCODING);
        boolean isChunked = coding != null && HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(coding);
        if (coding != null && (!isChunked || count(request, HttpHeaderNames.TRANSFER_ENCODING) > 1)) {
            return new Problem(ErrorCode.BAD_REQUEST, "Transfer-Encoding (expected: chunked, once)");
        }
        long declared = HttpUtil.getContentLength(request, 0L);
        if (declared > settings.maxBodyBytes()) {
            return bodyTooLarge();
        }
        boolean hasBody = declared > 0 || isChunked;
        if (hasBody && !budget.hasRoomFor(Math.max(1, declared))) {
            return noMemory();
        }
        return null;
    }

    private static int count(HttpRequest request, AsciiString name) {
        int count = 0;
        for (Iterator<?> values = request.headers().valueCharSequenceIterator(name); values.hasNext(); values.next()) {
            count++;
        }
        return count;
    }

    private @Nullable Problem contentProblem(HttpContent content) {
        int bytes = content.content().readableBytes();
        heldBytes += bytes;
        boolean withinBudget = budget.take(bytes);
        if (heldBytes > settings.maxBodyBytes()) {
            return bodyTooLarge();
        }
        return withinBudget ? null : noMemory();
    }

    private Problem bodyTooLarge() {
        return new Problem(
                ErrorCode.BODY_TOO_LARGE,
                "request body: longer than " + settings.maxBodyBytes() + " bytes (bactrian.http.max-body-bytes)");
    }

    private static Problem noMemory() {
        return new Problem(
                ErrorCode.MEMORY_EXHAUSTED, "request bodies fill the memory set by bactrian.http.max-buffered-bytes");
    }

    private String targetOf(Object message) {
        HttpRequest asked = message instanceof HttpRequest request ? request : head;
        return asked == null ? Refusal.NO_TARGET : asked.uri();
    }

    private void drop() {
        if (head != null) {
            drain.requestEnded();
        }
        head = null;
        body.release();
        body = Unpooled.EMPTY_BUFFER;
        budget.giveBack(heldBytes);
        heldBytes = 0;
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        drop();
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        drop();
    }
}
