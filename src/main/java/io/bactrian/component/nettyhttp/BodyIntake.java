package io.bactrian.component.nettyhttp;

import io.bactrian.request.ErrorCode;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.ReferenceCountUtil;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lets a request in only if it is well framed, and its body only as far as the limits go.
 *
 * <p>Body bytes are counted against the memory budget while they arrive; the count passes on with the whole request.
 */
final class BodyIntake extends ChannelInboundHandlerAdapter {
    private final HttpSettings settings;
    private final MemoryBudget budget;
    private final DrainState drain;
    private int heldBytes;
    private boolean refusing;

    BodyIntake(HttpSettings settings, MemoryBudget budget, DrainState drain) {
        this.settings = settings;
        this.budget = budget;
        this.drain = drain;
    }

    /** Hands over the bytes counted for the request that is complete now; the taker gives them back. */
    int takeHeldBytes() {
        int held = heldBytes;
        heldBytes = 0;
        return held;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (refusing) {
            ReferenceCountUtil.release(message);
            return;
        }
        Problem problem = problemOf(message);
        if (problem == null) {
            ctx.fireChannelRead(message);
        } else {
            refusing = true;
            ReferenceCountUtil.release(message);
            giveBack();
            LingeringClose.answer(ctx, Refusal.closing(problem.code(), problem.message()));
        }
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
        List<String> hosts = request.headers().getAll(HttpHeaderNames.HOST);
        boolean hostNeeded = request.protocolVersion().compareTo(HttpVersion.HTTP_1_1) >= 0;
        if (hosts.size() > 1 || (hostNeeded && hosts.isEmpty())) {
            return new Problem(ErrorCode.BAD_REQUEST, "Host: " + hosts.size() + " headers (expected: 1)");
        }
        if (request.protocolVersion().majorVersion() != 1) {
            return new Problem(ErrorCode.BAD_REQUEST, "version (expected: HTTP/1.1 or HTTP/1.0)");
        }
        List<String> codings = request.headers().getAll(HttpHeaderNames.TRANSFER_ENCODING);
        if (codings.size() > 1
                || (codings.size() == 1 && !HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(codings.get(0)))) {
            return new Problem(ErrorCode.BAD_REQUEST, "Transfer-Encoding (expected: chunked, once)");
        }
        long declared = HttpUtil.getContentLength(request, 0L);
        if (declared > settings.maxBodyBytes()) {
            return bodyTooLarge();
        }
        boolean hasBody = declared > 0 || HttpUtil.isTransferEncodingChunked(request);
        if (hasBody && !budget.hasRoomFor(Math.max(1, declared))) {
            return noMemory();
        }
        return null;
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

    private void giveBack() {
        budget.giveBack(takeHeldBytes());
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        giveBack();
        ctx.fireChannelInactive();
    }
}
