package io.bactrian.component.modelserver;

import io.bactrian.relay.EventLoops;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Hears from prefill servers which blocks have arrived where they were pushed to. Only names that are expected count, so that nobody can
 * fill memory with others. Safe between threads.
 */
final class PushNotices {
    private final Map<String, Expected> expected = new ConcurrentHashMap<>();

    /** Blocks that have not arrived, or whose arrival nobody has asked for. */
    private static final class Expected {
        private int missing;
        private @Nullable Runnable then;

        Expected(int notices) {
            this.missing = notices;
        }

        void noticed() {
            Runnable told;
            synchronized (this) {
                missing--;
                told = missing == 0 ? then : null;
            }
            if (told != null) {
                told.run();
            }
        }

        void whenArrived(Runnable told) {
            synchronized (this) {
                then = told;
                if (missing > 0) {
                    return;
                }
            }
            told.run();
        }
    }

    /** Listens at {@code address}, until the loops end; throws IllegalStateException if that cannot be. Returns the port. */
    int listen(EventLoopGroup loops, InetSocketAddress address) {
        ChannelFuture bound = new ServerBootstrap()
                .group(loops)
                .channel(EventLoops.serverChannel())
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new ZmtpPull(message -> noticed(PushNotice.nameIn(message))));
                    }
                })
                .bind(address)
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IllegalStateException(
                    "split.lmcache.notify-port: " + address + " (expected: a port that nobody listens on)",
                    bound.cause());
        }
        return ((InetSocketAddress) bound.channel().localAddress()).getPort();
    }

    /**
     * Counts the notices of {@code name} from here on, until it is {@linkplain #forget forgotten}.
     *
     * @param notices how many say that all has arrived: one for each tensor-parallel rank
     */
    void expect(String name, int notices) {
        expected.put(name, new Expected(notices));
    }

    /** Runs {@code then} once the blocks called {@code name} have all arrived: at once if they have, else on another thread. */
    void whenArrived(String name, Runnable then) {
        Expected blocks = expected.get(name);
        if (blocks != null) {
            blocks.whenArrived(then);
        }
    }

    void forget(String name) {
        expected.remove(name);
    }

    private void noticed(String name) {
        Expected blocks = expected.get(name);
        if (blocks != null) {
            blocks.noticed();
        }
    }

    /** Returns how many names are expected. */
    int size() {
        return expected.size();
    }
}
