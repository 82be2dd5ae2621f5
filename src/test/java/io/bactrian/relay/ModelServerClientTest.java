package io.bactrian.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ModelServerClientTest {
    private final NioEventLoopGroup loops = new NioEventLoopGroup(1);

    @AfterEach
    void close() {
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }

    /** As when the process has no file descriptor left; here because the socket is of another kind than the loop. */
    @Test
    void tellsOfAConnectionForWhichThereIsNoSocket() throws Exception {
        assumeTrue(EventLoops.isNative());
        EventLoop loop = loops.next();
        CompletableFuture<UpstreamFailure> told = new CompletableFuture<>();
        CompletableFuture<Boolean> onLoop = new CompletableFuture<>();
        DefaultFullHttpRequest request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/");

        loop.execute(() -> new ModelServerClient(UpstreamSettings.DEFAULTS)
                .send(
                        loop,
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 9),
                        request,
                        false,
                        new FailureListener() {
                            @Override
                            public void onFailure(UpstreamFailure failure, String message) {
                                told.complete(failure);
                                onLoop.complete(loop.inEventLoop());
                            }
                        }));

        assertThat(told.get(5, TimeUnit.SECONDS)).isEqualTo(UpstreamFailure.CONNECT);
        assertThat(onLoop.get()).isTrue();
        assertThat(request.refCnt()).isZero();
    }

    private abstract static class FailureListener implements UpstreamListener {
        @Override
        public void onHead(HttpResponse head) {
            throw new AssertionError("an answer");
        }

        @Override
        public void onContent(ByteBuf content) {
            throw new AssertionError("an answer");
        }

        @Override
        public void onReadComplete() {}

        @Override
        public void onEnd(boolean delimited) {
            throw new AssertionError("an answer");
        }
    }
}
