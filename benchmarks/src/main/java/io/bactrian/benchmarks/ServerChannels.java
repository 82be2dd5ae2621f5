package io.bactrian.benchmarks;

import io.bactrian.relay.EventLoops;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.Supplier;

/** Listens on loopback, on the same kind of event loops as the gateway. */
final class ServerChannels {
    private static final String LOOPBACK = "127.0.0.1";

    /** All streams of a benchmark may come at one moment. */
    private static final int BACKLOG = 8192;

    private ServerChannels() {}

    /** Listens on {@code port}, 0 for a free one, and returns the port. */
    static int listen(EventLoopGroup loops, int port, Supplier<List<ChannelHandler>> handlers) {
        Channel channel = new ServerBootstrap()
                .group(loops)
                .channel(EventLoops.isNative() ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel connection) {
                        handlers.get().forEach(connection.pipeline()::addLast);
                    }
                })
                .bind(LOOPBACK, port)
                .syncUninterruptibly()
                .channel();
        return ((InetSocketAddress) channel.localAddress()).getPort();
    }
}
