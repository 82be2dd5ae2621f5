package io.bactrian.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.FullHttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One connection to a model server; writes encoded bytes, there is no encoder in its pipeline. */
final class FixedModelServerConnection extends SimpleChannelInboundHandler<FullHttpRequest> {
    /** What says how to answer stands at either end of a body; a long prompt between is not searched. */
    private static final int SEARCHED_BYTES = 512;

    private static final String STREAM = "\"stream\":true";
    private static final String PREFILL = "\"do_remote_decode\":true";
    private static final String USAGE = "\"include_usage\":true";
    private static final Pattern MAX_TOKENS = Pattern.compile("\"max_tokens\":(\\d{1,7})");
    private static final int DEFAULT_TOKENS = 16;

    private final int intervalMillis;
    private final ByteBuf metrics;
    private final ModelServerCounts counts;
    private int tokens;
    private int left; // events still to be written
    private boolean usage;
    private boolean streaming;

    FixedModelServerConnection(int intervalMillis, ByteBuf metrics, ModelServerCounts counts) {
        this.intervalMillis = intervalMillis;
        this.metrics = metrics;
        this.counts = counts;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        counts.connections.increment();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        counts.connections.decrement();
        if (streaming) {
            streaming = false;
            counts.running.decrement();
            counts.aborted.increment();
        }
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
        if (request.uri().startsWith("/metrics")) {
            counts.scrapes.increment();
            ctx.writeAndFlush(metrics.duplicate(), ctx.voidPromise());
            return;
        }
        if (request.uri().startsWith("/stats")) {
            ctx.writeAndFlush(Unpooled.wrappedBuffer(FixedAnswers.response("application/json", counts.json())));
            return;
        }
        counts.requests.increment();
        String ends = endsOf(request.content());
        if (ends.contains(STREAM)) {
            begin(ctx, ends);
        } else if (ends.contains(PREFILL)) {
            ctx.writeAndFlush(FixedAnswers.computed(), ctx.voidPromise());
        } else {
            ctx.writeAndFlush(FixedAnswers.json(), ctx.voidPromise());
        }
    }

    private static String endsOf(ByteBuf body) {
        int length = body.readableBytes();
        if (length <= 2 * SEARCHED_BYTES) {
            return body.toString(StandardCharsets.ISO_8859_1);
        }
        int start = body.readerIndex();
        return body.toString(start, SEARCHED_BYTES, StandardCharsets.ISO_8859_1)
                + body.toString(start + length - SEARCHED_BYTES, SEARCHED_BYTES, StandardCharsets.ISO_8859_1);
    }

    private void begin(ChannelHandlerContext ctx, String asked) {
        Matcher maxTokens = MAX_TOKENS.matcher(asked);
        tokens = maxTokens.find() ? Math.max(1, Integer.parseInt(maxTokens.group(1))) : DEFAULT_TOKENS;
        usage = asked.contains(USAGE);
        left = tokens;
        streaming = true;
        counts.running.increment();
        write(ctx, FixedAnswers.start(ctx.alloc()));
    }

    private void next(ChannelHandlerContext ctx) {
        if (!streaming) {
            return;
        }
        if (ctx.channel().isWritable()) {
            write(ctx, FixedAnswers.token(ctx.alloc()));
        } else {
            ctx.executor().schedule(() -> next(ctx), intervalMillis, TimeUnit.MILLISECONDS);
        }
    }

    private void write(ChannelHandlerContext ctx, ByteBuf event) {
        counts.events.increment();
        left--;
        if (left > 0) {
            ctx.writeAndFlush(event, ctx.voidPromise());
            ctx.executor().schedule(() -> next(ctx), intervalMillis, TimeUnit.MILLISECONDS);
            return;
        }
        streaming = false;
        counts.running.decrement();
        counts.completed.increment();
        ctx.write(event, ctx.voidPromise());
        ctx.writeAndFlush(FixedAnswers.end(ctx.alloc(), tokens, usage), ctx.voidPromise());
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close();
    }
}
