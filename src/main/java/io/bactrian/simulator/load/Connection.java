package io.bactrian.simulator.load;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.Future;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One HTTP/1.1 connection, carrying one request at a time. Lives on one event loop. */
final class Connection extends SimpleChannelInboundHandler<HttpObject> {
    /** Keeps a server that never ends its answer from filling memory; what is longer is read on but not kept. */
    private static final int MAX_KEPT_BODY_BYTES = 16 * 1024 * 1024;

    /** Who uses the connection. */
    interface Owner {
        /** The request on {@code connection} has ended; the connection is free if it is still open. */
        void ended(Connection connection, InFlight inFlight, Outcome outcome);

        /** The connection had been idle and was closed by the server as {@code inFlight} was written to it. */
        void stale(InFlight inFlight);
    }

    private final Channel channel;
    private final Owner owner;
    private final boolean stream;
    private final String endpointHeader;
    private final EventStream events = new EventStream();
    private byte[] body = new byte[0];
    private int bodyLength;
    private @Nullable InFlight inFlight;
    private @Nullable Future<?> timeout;
    private boolean reused; // it has carried an answer before
    private boolean answered; // the answer at hand has begun
    private boolean interim; // the message at hand has a 1xx status
    private boolean keepAlive;

    /**
     * @param stream whether answers are streams of events
     * @param endpointHeader response header that names who served a request
     */
    Connection(Channel channel, Owner owner, boolean stream, String endpointHeader) {
        this.channel = channel;
        this.owner = owner;
        this.stream = stream;
        this.endpointHeader = endpointHeader;
    }

    /** Sends {@code message}, which is {@code request} in HTTP, and gives up on it after {@code timeoutNanos}. */
    void send(InFlight request, FullHttpRequest message, long timeoutNanos) {
        inFlight = request;
        answered = false;
        events.reset();
        bodyLength = 0;
        timeout = channel.eventLoop().schedule(() -> end(Outcome.TIMEOUT), timeoutNanos, TimeUnit.NANOSECONDS);
        channel.writeAndFlush(message, channel.voidPromise());
    }

    /** Tells whether a request can be sent. */
    boolean isFree() {
        return inFlight == null && channel.isActive();
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, HttpObject message) {
        InFlight current = inFlight;
        if (current == null) {
            context.close(); // an answer to nothing
            return;
        }
        if (message.decoderResult().isFailure()) {
            end(Outcome.CUT);
            return;
        }
        if (message instanceof HttpResponse response) {
            answered = true;
            interim = response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
            keepAlive = HttpUtil.isKeepAlive(response);
            current.head(response.status().code(), response.headers().get(endpointHeader));
        }
        if (message instanceof HttpContent content) {
            read(current, content.content());
            if (message instanceof LastHttpContent && !interim) {
                end(outcomeOf(current));
            }
        }
    }

    private void read(InFlight current, ByteBuf content) {
        if (Outcome.of(current.status()) != Outcome.COMPLETED || !content.isReadable()) {
            return;
        }
        if (stream) {
            long now = System.nanoTime();
            events.read(content, (buffer, from, to) -> current.event(buffer, from, to, now));
        } else if (bodyLength + content.readableBytes() <= MAX_KEPT_BODY_BYTES) {
            int length = content.readableBytes();
            if (bodyLength + length > body.length) {
                body = Arrays.copyOf(body, Math.max(bodyLength + length, body.length * 2));
            }
            content.readBytes(body, bodyLength, length);
            bodyLength += length;
        }
    }

    private Outcome outcomeOf(InFlight current) {
        Outcome byStatus = Outcome.of(current.status());
        if (byStatus != Outcome.COMPLETED) {
            return byStatus;
        }
        if (stream) {
            return current.streamOutcome();
        }
        current.body(body, bodyLength);
        return Outcome.COMPLETED;
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        InFlight current = inFlight;
        if (current == null) {
            return;
        }
        if (reused && !answered && current.retry()) {
            release();
            owner.stale(current);
            return;
        }
        // A client of a stream has all it needs with [DONE], even if the transfer was not ended properly.
        boolean success = answered && Outcome.of(current.status()) == Outcome.COMPLETED;
        end(success && stream ? current.streamOutcome() : Outcome.CUT);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close(); // and channelInactive() says what became of the request
    }

    private void end(Outcome outcome) {
        InFlight current = inFlight;
        if (current == null) {
            return;
        }
        release();
        reused = true;
        boolean whole = outcome == Outcome.COMPLETED || outcome == Outcome.SHED || outcome == Outcome.STATUS;
        if (!whole || !keepAlive) {
            channel.close();
        }
        owner.ended(this, current, outcome);
    }

    private void release() {
        inFlight = null;
        if (timeout != null) {
            timeout.cancel(false);
        }
    }
}
