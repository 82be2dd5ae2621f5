package io.bactrian.benchmarks;

import io.bactrian.relay.EventLoops;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollChannelOption;
import java.net.InetSocketAddress;

/** Connects to one loopback port from several loopback addresses in turn. */
final class Connector {
    private static final int CONNECT_TIMEOUT_MILLIS = 20_000;

    /** 127.0.0.1 is left to the gateway's own connections. */
    private static final int FIRST_SOURCE = 2;

    private final EventLoop loop;
    private final InetSocketAddress remote;
    private final int sources;
    private int connections;

    Connector(EventLoop loop, int port, int sources) {
        this.loop = loop;
        this.remote = new InetSocketAddress("127.0.0.1", port);
        this.sources = sources;
    }

    EventLoop loop() {
        return loop;
    }

    ChannelFuture connect(ChannelHandler handler) {
        Bootstrap bootstrap = new Bootstrap()
                .group(loop)
                .channel(EventLoops.clientChannel())
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS)
                .handler(handler);
        if (EventLoops.isNative()) {
            // The port is chosen at the connect, so that each source has all of them.
            bootstrap.option(EpollChannelOption.IP_BIND_ADDRESS_NO_PORT, true);
        }
        String source = "127.0.0." + (FIRST_SOURCE + connections++ % sources);
        return bootstrap.connect(remote, new InetSocketAddress(source, 0));
    }
}
