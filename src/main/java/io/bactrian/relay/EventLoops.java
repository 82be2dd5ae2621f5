package io.bactrian.relay;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;

/** Makes the threads that move bytes: epoll on Linux, else the JDK's selectors. */
public final class EventLoops {
    private EventLoops() {}

    /** Tells whether the native transport is used. */
    public static boolean isNative() {
        return Epoll.isAvailable();
    }

    /** Returns {@code count} event loops on daemon threads called {@code name}; 0 means one a processor. */
    public static EventLoopGroup create(int count, String name) {
        int threads = count > 0 ? count : Runtime.getRuntime().availableProcessors();
        DefaultThreadFactory factory = new DefaultThreadFactory(name, true);
        return isNative() ? new EpollEventLoopGroup(threads, factory) : new NioEventLoopGroup(threads, factory);
    }

    /** Returns the channel type for outgoing connections on such loops. */
    public static Class<? extends SocketChannel> clientChannel() {
        return isNative() ? EpollSocketChannel.class : NioSocketChannel.class;
    }

    /** Returns the channel type for listening on such loops. */
    public static Class<? extends ServerSocketChannel> serverChannel() {
        return isNative() ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
    }
}
