package io.bactrian.relay;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.util.concurrent.FastThreadLocal;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests to model servers over HTTP/1.1.
 *
 * <p>Each event loop has connections of its own, so that a request, its answer and the client's connection stay on one
 * thread and nothing is locked.
 */
public final class ModelServerClient {
    private final UpstreamSettings settings;
    private final @Nullable UpstreamTls tls;
    private final FastThreadLocal<Map<InetSocketAddress, IdleConnections>> idle = new FastThreadLocal<>() {
        @Override
        protected Map<InetSocketAddress, IdleConnections> initialValue() {
            return new HashMap<>();
        }
    };

    /** A client without encryption. */
    public ModelServerClient(UpstreamSettings settings) {
        this(settings, null);
    }

    /** @param tls how connections are encrypted; null if they are not */
    public ModelServerClient(UpstreamSettings settings, @Nullable UpstreamTls tls) {
        this.settings = settings;
        this.tls = tls;
    }

    /**
     * Sends {@code request}, whose reference passes to the client. To be called on {@code loop}, which hears the answer.
     *
     * @param fresh whether a new connection must be opened even if one could be reused
     */
    public UpstreamCall send(
            EventLoop loop,
            InetSocketAddress address,
            FullHttpRequest request,
            boolean fresh,
            UpstreamListener listener) {
        IdleConnections reusable =
                idle.get().computeIfAbsent(address, key -> new IdleConnections(settings.maxIdleConnections()));
        UpstreamConnection connection = fresh ? null : reusable.take();
        if (connection != null) {
            connection.send(request, listener, true);
            return connection;
        }
        Opening opening = new Opening(request, listener, reusable);
        opening.connect(loop, address);
        return opening;
    }

    /** A request whose connection is being opened, and afterwards the call on that connection. */
    private final class Opening implements UpstreamCall {
        private final FullHttpRequest request;
        private final UpstreamListener listener;
        private final IdleConnections reusable;
        private boolean aborted;
        private boolean again;
        private @Nullable Channel channel;
        private @Nullable UpstreamConnection connection;

        Opening(FullHttpRequest request, UpstreamListener listener, IdleConnections reusable) {
            this.request = request;
            this.listener = listener;
            this.reusable = reusable;
        }

        void connect(EventLoop loop, InetSocketAddress address) {
            ChannelFuture connecting = new Bootstrap()
                    .group(loop)
                    .channel(EventLoops.clientChannel())
                    .option(ChannelOption.TCP_NODELAY, true)
                    .option(
                            ChannelOption.CONNECT_TIMEOUT_MILLIS,
                            Math.toIntExact(settings.connectTimeout().toMillis()))
                    .handler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel ch) {
                            AnswerDecoder decoder = new AnswerDecoder(settings);
                            connection = new UpstreamConnection(ch, decoder, settings, reusable);
                            if (tls != null) {
                                ch.pipeline().addLast(tls.handler(ch.alloc(), address));
                            }
                            ch.pipeline().addLast(connection.bytes(), decoder, new RequestEncoder(), connection);
                        }
                    })
                    .connect(address);
            channel = connecting.channel();
            connecting.addListener((ChannelFuture done) -> {
                if (loop.inEventLoop()) {
                    onConnected(loop, done, address);
                } else {
                    loop.execute(
                            () -> onConnected(loop, done, address)); // without a socket there is no loop to tell it
                }
            });
        }

        private void onConnected(EventLoop loop, ChannelFuture done, InetSocketAddress address) {
            if (!aborted && !again && wasClosedUnasked(done)) {
                again = true;
                connection = null;
                loop.execute(() -> connectUnlessAborted(loop, address));
                return;
            }
            if (aborted || !done.isSuccess() || connection == null) {
                request.release();
                if (done.isSuccess()) {
                    done.channel().close(); // a channel that failed is closed, or never belonged to a loop
                }
                if (!aborted) {
                    listener.onFailure(
                            UpstreamFailure.CONNECT,
                            "connecting to " + address.getHostString() + ":" + address.getPort() + " failed: "
                                    + done.cause());
                }
                return;
            }
            connection.send(request, listener, false);
        }

        private void connectUnlessAborted(EventLoop loop, InetSocketAddress address) {
            if (aborted) {
                request.release();
            } else {
                connect(loop, address);
            }
        }

        /**
         * Tells whether the socket was closed before it could connect, though nobody has closed it. With epoll an event of a socket that was
         * closed in the same turn of the loop reaches the one that was opened after it under the same number, and ends it.
         */
        private static boolean wasClosedUnasked(ChannelFuture done) {
            return done.cause() instanceof ClosedChannelException;
        }

        @Override
        public void abort() {
            aborted = true;
            if (connection != null) {
                connection.abort();
            }
            if (channel != null && !channel.isActive()) {
                channel.close();
            }
        }

        @Override
        public void pause() {
            if (connection != null) {
                connection.pause();
            }
        }

        @Override
        public void resume() {
            if (connection != null) {
                connection.resume();
            }
        }
    }
}
