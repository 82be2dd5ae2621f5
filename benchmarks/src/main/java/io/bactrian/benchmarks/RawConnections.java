package io.bactrian.benchmarks;

import io.bactrian.relay.EventLoops;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.util.concurrent.FastThreadLocal;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;

/** The raw proxy's connections to its model server; each event loop has its own. */
final class RawConnections {
    private final InetSocketAddress address;
    private final FastThreadLocal<ArrayDeque<RawConnection>> idle = new FastThreadLocal<>() {
        @Override
        protected ArrayDeque<RawConnection> initialValue() {
            return new ArrayDeque<>();
        }
    };

    RawConnections(InetSocketAddress address) {
        this.address = address;
    }

    /** Sends {@code request}, whose reference passes on, for {@code client}; to be called on {@code loop}. */
    void send(EventLoop loop, FullHttpRequest request, RawClient client) {
        RawConnection reused = idle.get().poll();
        if (reused != null) {
            reused.send(request, client);
            return;
        }
        RawConnection opened = new RawConnection(idle.get());
        new Bootstrap()
                .group(loop)
                .channel(EventLoops.clientChannel())
                .option(ChannelOption.TCP_NODELAY, true)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel connection) {
                        connection.pipeline().addLast(new HttpClientCodec(), opened);
                    }
                })
                .connect(address)
                .addListener((ChannelFuture connected) -> {
                    if (connected.isSuccess()) {
                        opened.send(request, client);
                    } else {
                        request.release();
                        client.fail();
                    }
                });
    }
}
