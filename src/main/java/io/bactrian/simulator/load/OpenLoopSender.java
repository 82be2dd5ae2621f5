package io.bactrian.simulator.load;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Sends its share of a workload when it is due, answered or not, over as many connections as that takes.
 *
 * <p>Everything happens on one event loop, so nothing is shared and no lock is taken per event of a stream.
 */
final class OpenLoopSender implements Connection.Owner {

    /** What all senders of a run have in common. */
    record Run(
            Target target,
            RequestShape shape,
            InetSocketAddress address,
            @Nullable SslContext tls,
            Class<? extends Channel> channelType,
            long warmupNanos,
            Consumer<RequestResult> observer) {}

    /** One request and its place in the whole workload. */
    record Planned(int index, WorkloadRequest request) {}

    private static final int CONNECT_TIMEOUT_MILLIS = 10_000;

    private final EventLoop loop;
    private final Run run;
    private final List<Planned> plan;
    private final Bootstrap bootstrap;
    private final HttpHeaders headers = new DefaultHttpHeaders();
    private final String path;
    private final Deque<Connection> idle = new ArrayDeque<>();
    private final Histogram gaps = Histograms.nanoseconds();
    private final List<RequestResult> results;
    private final CompletableFuture<Void> finished = new CompletableFuture<>();
    private long startNanos;
    private int next;

    OpenLoopSender(EventLoop loop, Run run, List<Planned> plan) {
        this.loop = loop;
        this.run = run;
        this.plan = plan;
        this.results = new ArrayList<>(plan.size());
        this.path = run.target().pathOf(run.shape().api().path());
        bootstrap = new Bootstrap()
                .group(loop)
                .channel(run.channelType())
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS)
                .remoteAddress(run.address())
                .handler(new Pipeline());
        String host = run.target().url().getRawAuthority();
        headers.set(HttpHeaderNames.HOST, host)
                .set(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.APPLICATION_JSON)
                .set(HttpHeaderNames.ACCEPT, run.shape().stream() ? "text/event-stream" : "application/json");
        run.target().headers().forEach(headers::set);
    }

    /** Readies the machine for sending, without sending anything; to be called before the start. */
    void rehearse() {
        Rehearsal.play(run.target().endpointHeader(), this::send);
    }

    /** Starts sending; the workload's time zero is {@code start} on {@link System#nanoTime()}. */
    CompletableFuture<Void> start(long start) {
        startNanos = start;
        if (plan.isEmpty()) {
            finished.complete(null);
        } else {
            loop.execute(this::sendDue);
        }
        return finished;
    }

    /** Returns what became of the requests; to be called when they have finished. */
    List<RequestResult> results() {
        return results;
    }

    /** Returns the gaps between events with text, in nanoseconds; to be called when the requests have finished. */
    Histogram gaps() {
        return gaps;
    }

    private void sendDue() {
        try {
            long now = System.nanoTime();
            while (next < plan.size() && dueNanos(plan.get(next)) <= now) {
                Planned planned = plan.get(next++);
                boolean warm = planned.request().sendAt().toNanos() >= run.warmupNanos();
                send(new InFlight(planned.index(), planned.request(), dueNanos(planned), now, warm ? gaps : null));
                now = System.nanoTime();
            }
            if (next < plan.size()) {
                loop.schedule(this::sendDue, dueNanos(plan.get(next)) - now, TimeUnit.NANOSECONDS);
            }
        } catch (RuntimeException | Error e) {
            finished.completeExceptionally(e); // or the run would wait for ever
        }
    }

    private long dueNanos(Planned planned) {
        return startNanos + planned.request().sendAt().toNanos();
    }

    private void send(InFlight inFlight) {
        // The connection used last is the least likely to have been closed meanwhile.
        for (Connection connection = idle.pollLast(); connection != null; connection = idle.pollLast()) {
            if (connection.isFree()) {
                send(inFlight, connection);
                return;
            }
        }
        connect(inFlight);
    }

    private void connect(InFlight inFlight) {
        bootstrap.connect().addListener((ChannelFutureListener) connected -> {
            if (!connected.isSuccess()) {
                record(inFlight, Outcome.CONNECT);
                return;
            }
            ChannelPipeline pipeline = connected.channel().pipeline();
            Connection connection = pipeline.get(Connection.class);
            SslHandler tls = pipeline.get(SslHandler.class);
            if (tls == null) {
                send(inFlight, connection);
                return;
            }
            tls.handshakeFuture().addListener(handshake -> {
                if (handshake.isSuccess()) {
                    send(inFlight, connection);
                } else {
                    record(inFlight, Outcome.CONNECT);
                }
            });
        });
    }

    private void send(InFlight inFlight, Connection connection) {
        ByteBuf body = run.shape().body(inFlight.request(), ByteBufAllocator.DEFAULT);
        FullHttpRequest message = new DefaultFullHttpRequest(
                HttpVersion.HTTP_1_1, HttpMethod.POST, path, body, headers.copy(), EmptyHttpHeaders.INSTANCE);
        HttpUtil.setContentLength(message, body.readableBytes());
        long left = run.target().timeout().toNanos() - (System.nanoTime() - inFlight.dueNanos());
        connection.send(inFlight, message, Math.max(0, left));
    }

    @Override
    public void ended(Connection connection, InFlight inFlight, Outcome outcome) {
        if (connection.isFree()) {
            idle.addLast(connection);
        }
        record(inFlight, outcome);
    }

    @Override
    public void stale(InFlight inFlight) {
        connect(inFlight);
    }

    private void record(InFlight inFlight, Outcome outcome) {
        RequestResult result = inFlight.finish(outcome, System.nanoTime());
        results.add(result);
        run.observer().accept(result);
        if (results.size() == plan.size()) {
            finished.complete(null);
        }
    }

    /** Prepares a new connection. */
    private final class Pipeline extends ChannelInitializer<Channel> {
        @Override
        protected void initChannel(Channel channel) {
            if (run.tls() != null) {
                InetSocketAddress address = run.address();
                channel.pipeline()
                        .addLast(run.tls().newHandler(channel.alloc(), address.getHostString(), address.getPort()));
            }
            channel.pipeline()
                    .addLast(new HttpClientCodec())
                    .addLast(new Connection(
                            channel,
                            OpenLoopSender.this,
                            run.shape().stream(),
                            run.target().endpointHeader()));
        }
    }
}
