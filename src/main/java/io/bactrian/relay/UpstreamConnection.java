package io.bactrian.relay;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/** One connection to a model server; carries one request at a time. Lives on one event loop. */
final class UpstreamConnection extends ChannelInboundHandlerAdapter implements UpstreamCall {
    private final UpstreamSettings settings;
    private final IdleConnections idle;
    private final Deadline deadline;
    private final Channel channel;
    private final AnswerDecoder decoder;
    private final long totalNanos;
    private final long firstByteNanos;
    private final long idleNanos;

    private @Nullable UpstreamListener listener; // null while no request is under way
    private boolean reused;
    private boolean answered; // a byte of the present answer has come
    private boolean interim; // inside a 1xx head, which is not the answer
    private boolean keepAlive;
    private boolean delimited;
    private long endsAt; // Deadline.now() by which the whole answer must have come

    UpstreamConnection(Channel channel, AnswerDecoder decoder, UpstreamSettings settings, IdleConnections idle) {
        this.channel = channel;
        this.decoder = decoder;
        this.settings = settings;
        this.idle = idle;
        this.totalNanos = settings.totalTimeout().toNanos();
        this.firstByteNanos = settings.firstByteTimeout().toNanos();
        this.idleNanos = settings.idleTimeout().toNanos();
        this.deadline = new Deadline(channel.eventLoop(), this::onDeadline);
    }

    /** Returns the handler for the place before the codec: it notes bytes that do not make a head yet. */
    ChannelInboundHandlerAdapter bytes() {
        return new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                answered = true;
                ctx.fireChannelRead(message);
            }
        };
    }

    /** Tells whether a request may be sent now. */
    boolean isUsable() {
        return listener == null && channel.isActive();
    }

    void send(FullHttpRequest request, UpstreamListener newListener, boolean isReused) {
        listener = newListener;
        reused = isReused;
        answered = false;
        if (!channel.isActive()) {
            request.release(); // the socket would drop it without a word
            onClosed("the connection was closed");
            return;
        }
        long now = Deadline.now();
        endsAt = now + totalNanos;
        deadline.setAt(now + firstByteNanos);
        decoder.asked(request.method());
        channel.writeAndFlush(request, channel.voidPromise()); // a failure comes to exceptionCaught
    }

    @Override
    public void abort() {
        if (listener != null) {
            listener = null;
            channel.close();
        }
    }

    @Override
    public void pause() {
        channel.config().setAutoRead(false);
        deadline.clear(); // the client is slow, not the model server
    }

    @Override
    public void resume() {
        channel.config().setAutoRead(true);
        if (listener != null) {
            setAnswerDeadline();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (listener == null) {
            // Nothing was asked: what comes now is no answer to anything.
            ReferenceCountUtil.release(message);
            ctx.close();
            return;
        }
        if (((HttpObject) message).decoderResult().isFailure()) {
            Throwable cause = ((HttpObject) message).decoderResult().cause();
            ReferenceCountUtil.release(message);
            fail(UpstreamFailure.PROTOCOL, "not a valid HTTP response: " + cause.getMessage());
            ctx.close();
            return;
        }
        if (message instanceof HttpResponse head) {
            if (!isAnswer(head.status())) {
                ReferenceCountUtil.release(message);
                fail(UpstreamFailure.PROTOCOL, "status " + head.status().code());
                ctx.close();
                return;
            }
            onHead(head);
        }
        if (message instanceof HttpContent content) {
            onContent(content);
        }
    }

    /** No upgrade is ever asked for, and what follows one is not HTTP. */
    private static boolean isAnswer(HttpResponseStatus status) {
        return status.code() >= 100 && status.code() <= 599 && status.code() != 101;
    }

    private void onHead(HttpResponse head) {
        interim = head.status().codeClass() == HttpStatusClass.INFORMATIONAL;
        if (interim || listener == null) {
            return;
        }
        keepAlive = HttpUtil.isKeepAlive(head);
        delimited = HttpUtil.isTransferEncodingChunked(head) || HttpUtil.isContentLengthSet(head);
        setAnswerDeadline();
        listener.onHead(head);
    }

    private void onContent(HttpContent message) {
        UpstreamListener current = listener;
        boolean last = message instanceof LastHttpContent;
        if (current == null || interim) {
            message.release();
            interim &= !last;
            return;
        }
        setAnswerDeadline();
        ByteBuf content = message.content();
        if (content.isReadable()) {
            current.onContent(content);
        } else {
            message.release();
        }
        if (last && listener == current) {
            listener = null;
            finishAnswer();
            current.onEnd(delimited);
        }
    }

    private void finishAnswer() {
        channel.config().setAutoRead(true);
        if (keepAlive && idle.offer(this)) {
            deadline.set(settings.idleConnectionTimeout());
        } else {
            channel.close();
        }
    }

    private void setAnswerDeadline() {
        if (!channel.config().isAutoRead()) {
            return; // paused: the rest of a read still comes, but the silence after it is the client's
        }
        deadline.setAt(Math.min(endsAt, Deadline.now() + idleNanos));
    }

    private void onDeadline() {
        if (listener != null) {
            if (answered) {
                fail(UpstreamFailure.ANSWER_TIMEOUT, "the answer paused or lasted too long");
            } else {
                fail(UpstreamFailure.FIRST_BYTE_TIMEOUT, "no answer within " + settings.firstByteTimeout());
            }
        }
        channel.close();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (listener != null) {
            listener.onReadComplete();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        idle.remove(this);
        deadline.cancel();
        onClosed("the connection was closed");
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        onClosed(String.valueOf(cause.getMessage()));
        ctx.close();
    }

    private void onClosed(String message) {
        if (listener != null) {
            fail(reused && !answered ? UpstreamFailure.STALE_CONNECTION : UpstreamFailure.CUT, message);
        }
    }

    private void fail(UpstreamFailure failure, String message) {
        UpstreamListener current = listener;
        listener = null;
        if (current != null) {
            current.onFailure(failure, message);
        }
    }
}
