package io.bactrian.simulator;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Serves the requests of one connection, one after another; notices when the client leaves. */
final class ConnectionHandler extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(ConnectionHandler.class);
    private static final int MAX_PIPELINED_REQUESTS = 32;

    private final ModelServerLife life;
    private final HttpHeaders commonHeaders;
    private final Deque<FullHttpRequest> pipelined = new ArrayDeque<>();
    private boolean isBusy;
    private @Nullable AnswerUnderWay answer;

    ConnectionHandler(ModelServerLife life, HttpHeaders commonHeaders) {
        this.life = life;
        this.commonHeaders = commonHeaders;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        life.connections().add(context.channel());
        context.fireChannelActive();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        life.connections().remove(context.channel());
        pipelined.forEach(FullHttpRequest::release);
        pipelined.clear();
        AnswerUnderWay left = answer;
        if (left != null) {
            answer = null;
            left.ended(ResponseWriter.Outcome.CLIENT_LEFT);
        }
        context.fireChannelInactive();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        FullHttpRequest request = (FullHttpRequest) message;
        if (pipelined.size() >= MAX_PIPELINED_REQUESTS) {
            request.release();
            context.close();
            return;
        }
        pipelined.add(request);
        serveNext(context);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        AnswerUnderWay current = answer;
        if (current != null && context.channel().isWritable()) {
            current.resume();
        }
        context.fireChannelWritabilityChanged();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        // A client that resets its connection, or a write after it left: there is nobody to tell.
        if (!(cause instanceof IOException)) {
            LOG.error("serving a simulated model server's connection failed", cause);
        }
        context.close();
    }

    private void serveNext(ChannelHandlerContext context) {
        while (!isBusy && !pipelined.isEmpty() && context.channel().isActive()) {
            long hangsForNanos = life.faults().hangsForNanos();
            if (hangsForNanos > 0) {
                isBusy = true;
                context.executor()
                        .schedule(
                                () -> {
                                    isBusy = false;
                                    serveNext(context);
                                },
                                hangsForNanos,
                                TimeUnit.NANOSECONDS);
                return;
            }
            FullHttpRequest request = pipelined.remove();
            isBusy = true;
            try {
                serve(context, request);
            } finally {
                request.release();
            }
        }
    }

    private void serve(ChannelHandlerContext context, FullHttpRequest request) {
        boolean isReadable = request.decoderResult().isSuccess();
        boolean keepAlive = isReadable && HttpUtil.isKeepAlive(request);
        boolean isHttp11 = request.protocolVersion().isKeepAliveDefault();
        HttpHeaders headers = new DefaultHttpHeaders().set(commonHeaders);
        ResponseWriter writer =
                new ResponseWriter(context, headers, keepAlive, isHttp11, outcome -> ended(context, outcome));
        if (!isReadable) {
            writer.error(ApiError.badRequest(
                    "request: not HTTP (expected: a request of " + HttpVersion.HTTP_1_1 + ")", null));
        } else {
            AnswerUnderWay begun = life.serve(request, writer);
            answer = begun;
            if (begun != null) {
                begun.start();
            }
        }
        writer.flush();
    }

    private void ended(ChannelHandlerContext context, ResponseWriter.Outcome outcome) {
        isBusy = false;
        AnswerUnderWay ended = answer;
        if (ended != null) {
            answer = null;
            ended.ended(outcome);
        }
        // Not from here: this may be called in the middle of a write.
        context.executor().execute(() -> serveNext(context));
    }
}
