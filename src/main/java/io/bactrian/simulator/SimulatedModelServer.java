package io.bactrian.simulator;

import io.bactrian.endpoint.EndpointRole;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A model server without a model: a vLLM-like HTTP server on 127.0.0.1 whose answers take the time, occupy the cache and
 * move the metrics as those of a real one would, and whose every answer carries {@code x-bactrian-simulated: true}.
 *
 * <p>All of a server lives on one event loop, which it may share with many others. The methods are safe between threads;
 * they wait for that loop, so they must not be called from another event loop.
 */
public final class SimulatedModelServer implements AutoCloseable {
    private static final String LOOPBACK = "127.0.0.1";
    private static final int BACKLOG = 4096;
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final SimulatedModelServerOptions options;
    private final @Nullable Consumer<ReceivedRequest> requestListener;
    private final @Nullable EventLoopGroup ownLoops;
    private final EventLoop loop;
    private final int port;
    private volatile int transferPort;
    // Both are written under this object's lock and read on the event loop.
    private volatile ModelServerLife life;
    private volatile @Nullable Channel listener;
    private volatile @Nullable Channel sideChannel;

    private SimulatedModelServer(Builder builder) {
        this.options = builder.options;
        this.requestListener = builder.requestListener;
        EventLoopGroup loops = builder.eventLoops == null ? newEventLoops(1) : builder.eventLoops;
        this.ownLoops = builder.eventLoops == null ? loops : null;
        this.loop = loops.next();
        this.life = newLife();
        try {
            Channel bound = bind(builder.port);
            this.listener = bound;
            this.port = portOf(bound);
            bindSideChannel(builder.transferPort);
        } catch (RuntimeException e) {
            stopListening();
            closeOwnLoops();
            throw e;
        }
    }

    /** Returns a builder of a server with default options on a free port. */
    public static Builder builder() {
        return new Builder();
    }

    /** Returns event loops on daemon threads, native where the platform allows, for servers to share; the caller closes. */
    public static EventLoopGroup newEventLoops(int threads) {
        DefaultThreadFactory factory = new DefaultThreadFactory("simulator", true);
        return Epoll.isAvailable()
                ? new EpollEventLoopGroup(threads, factory)
                : new NioEventLoopGroup(threads, factory);
    }

    /** Returns the port it listens on, the same after a restart. */
    public int port() {
        return port;
    }

    /**
     * Returns the port of the side channel on which other servers ask for KV entries, and which stands for the bootstrap
     * server of SGLang and Mooncake; the same after a restart, 0 if the server has no role.
     */
    public int transferPort() {
        return transferPort;
    }

    /** Returns {@code http://127.0.0.1:port}. */
    public URI uri() {
        return URI.create("http://" + LOOPBACK + ":" + port);
    }

    /** Returns what it was started with. */
    public SimulatedModelServerOptions options() {
        return options;
    }

    /** Returns what it is doing and has done. */
    public ServerSnapshot snapshot() {
        return onLoop(() -> life.snapshot());
    }

    /** Returns what it has handed over to other servers and got from them. */
    public TransferSnapshot transfers() {
        return onLoop(() -> life.desk().snapshot());
    }

    /** Lets the next {@code count} transfers of KV entries from this server to others fail. */
    public void failNextTransfers(int count) {
        run(() -> life.faults().failTransfers(count));
    }

    /** Lets the next {@code count} completion requests fail with {@code status}. */
    public void failNext(int count, int status) {
        if (status < 400 || status > 599) {
            throw new IllegalArgumentException("status: " + status + " (expected: 400 to 599)");
        }
        run(() -> life.faults().failNext(count, status));
    }

    /** Lets the next {@code count} completion answers end, with their connection, after {@code bodyBytes} of the body. */
    public void dieAfterBodyBytes(int count, long bodyBytes) {
        run(() -> life.faults().dieNext(count, bodyBytes));
    }

    /** Answers nothing and generates nothing for {@code duration}, like a process that is stopped. */
    public void hang(Duration duration) {
        run(() -> {
            life.faults().hang(duration.toNanos());
            life.engine().hang(duration);
        });
    }

    /** Takes {@code factor} times as long for everything from the next step on. */
    public void slow(double factor) {
        run(() -> life.engine().slow(factor));
    }

    /** Changes what the metric page shows. */
    public void metrics(MetricsMode mode) {
        run(() -> life.change(
                new AdminConfig(life.config().latency(), life.config().failures(), mode)));
    }

    /** Changes the random failures. */
    public void failures(FailureInjection failures) {
        run(() -> life.change(
                new AdminConfig(life.config().latency(), failures, life.config().metricsMode())));
    }

    /** Dies at once: nobody listens any more, every connection is reset, all work is lost. */
    public synchronized void crash() {
        stopListening();
        run(() -> endLife(true));
    }

    /** Starts again after a crash, or after an orderly stop, on the same port with an empty cache and counts of zero. */
    public synchronized void restart() {
        stopListening();
        run(() -> {
            endLife(false);
            life = newLife();
        });
        listener = bind(port);
        bindSideChannel(transferPort);
    }

    /** Stops listening, closes all connections and ends its own event loop if it has one. */
    @Override
    public synchronized void close() {
        if (loop.isShuttingDown()) {
            return;
        }
        stopListening();
        run(() -> endLife(false));
        closeOwnLoops();
    }

    private ModelServerLife newLife() {
        String engineId = UUID.randomUUID().toString();
        return new ModelServerLife(options, loop, requestListener, engineId, this::transferPort);
    }

    private void bindSideChannel(int wantedPort) {
        if (options.role() != EndpointRole.NONE) {
            Channel bound = bind(wantedPort);
            sideChannel = bound;
            transferPort = portOf(bound);
        }
    }

    private static int portOf(Channel listening) {
        return ((InetSocketAddress) listening.localAddress()).getPort();
    }

    private Channel bind(int wantedPort) {
        Class<? extends ServerChannel> type = isEpoll() ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
        return new ServerBootstrap()
                .group(loop, loop)
                .channel(type)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        initialize(channel);
                    }
                })
                .bind(LOOPBACK, wantedPort)
                .syncUninterruptibly()
                .channel();
    }

    private boolean isEpoll() {
        return loop.getClass().getName().startsWith("io.netty.channel.epoll.");
    }

    private void initialize(Channel channel) {
        HttpHeaders common = new DefaultHttpHeaders().set("x-bactrian-simulated", "true");
        if (!options.name().isEmpty()) {
            common.set("x-inference-pod", options.name()).set("x-inference-port", String.valueOf(port));
        }
        channel.pipeline()
                .addLast(new HttpServerCodec())
                .addLast(new BodyCollector(options.maxRequestBytes(), common))
                .addLast(new ConnectionHandler(life, common));
    }

    private void stopListening() {
        close(listener);
        listener = null;
        close(sideChannel);
        sideChannel = null;
    }

    private static void close(@Nullable Channel listening) {
        if (listening != null) {
            listening.close().syncUninterruptibly();
        }
    }

    private void endLife(boolean reset) {
        life.engine().stop();
        life.desk().close();
        for (Channel connection : List.copyOf(life.connections())) {
            if (reset) {
                // Zero lingering turns closing into a reset.
                connection.config().setOption(ChannelOption.SO_LINGER, 0);
            }
            connection.close();
        }
    }

    private void closeOwnLoops() {
        if (ownLoops != null) {
            ownLoops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }

    private void run(Runnable action) {
        Boolean unused = onLoop(() -> {
            action.run();
            return true;
        });
    }

    private <T> T onLoop(Supplier<T> action) {
        if (loop.inEventLoop()) {
            return action.get();
        }
        Future<T> result = loop.submit(action::get);
        if (!result.awaitUninterruptibly(PATIENCE.toMillis())) {
            throw new IllegalStateException("the event loop of a simulated server is blocked");
        }
        return result.syncUninterruptibly().getNow();
    }

    /** Collects what a server needs to start. */
    public static final class Builder {
        private SimulatedModelServerOptions options =
                SimulatedModelServerOptions.builder().build();
        private @Nullable Consumer<ReceivedRequest> requestListener;
        private @Nullable EventLoopGroup eventLoops;
        private int port;
        private int transferPort;

        private Builder() {}

        /** Sets what the server is like. */
        public Builder options(SimulatedModelServerOptions given) {
            options = given;
            return this;
        }

        /** Sets the event loops to share, which the caller closes after the server; without, it has one of its own. */
        public Builder eventLoops(EventLoopGroup shared) {
            eventLoops = shared;
            return this;
        }

        /** Sets the port to listen on; 0 stands for a free one. */
        public Builder port(int wanted) {
            port = wanted;
            return this;
        }

        /** Sets the port of the side channel, which only servers with a role have; 0 stands for a free one. */
        public Builder transferPort(int wanted) {
            transferPort = wanted;
            return this;
        }

        /** Sets who learns of every request that arrives; called on the event loop. */
        public Builder onRequest(Consumer<ReceivedRequest> listener) {
            requestListener = listener;
            return this;
        }

        /** Starts the server; it listens when this returns. */
        public SimulatedModelServer start() {
            return new SimulatedModelServer(this);
        }
    }
}
