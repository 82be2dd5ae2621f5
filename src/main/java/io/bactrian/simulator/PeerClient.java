package io.bactrian.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufInputStream;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.NetUtil;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Asks other simulated servers on this machine, each question on a connection of its own. Confined to one event loop. */
final class PeerClient {
    private static final int CONNECT_TIMEOUT_MILLIS = 2000;
    private static final int MAX_ANSWER_BYTES = 64 << 10;

    /**
     * What came back.
     *
     * @param status HTTP status; 0 if there was none: not connected, cut, or too late
     * @param body a JSON object; missing if there was none
     */
    record Answer(int status, JsonNode body) {
        static final Answer NONE = new Answer(0, MissingNode.getInstance());
    }

    private final EventLoop loop;
    private final Set<Call> calls = new HashSet<>();

    PeerClient(EventLoop loop) {
        this.loop = loop;
    }

    /**
     * Posts {@code body}.
     *
     * @param answered told once what came back, never within this call
     * @return gives the question up and closes its connection
     */
    Runnable post(TransferRequest.Peer peer, String path, byte[] body, Duration timeout, Consumer<Answer> answered) {
        Call call = new Call(answered);
        calls.add(call);
        if (!isHere(peer.host())) {
            loop.execute(() -> call.end(Answer.NONE));
            return call::close;
        }
        FullHttpRequest request =
                new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, path, Unpooled.wrappedBuffer(body));
        request.headers()
                .set(HttpHeaderNames.HOST, peer.host() + ":" + peer.port())
                .set(HttpHeaderNames.CONTENT_LENGTH, body.length)
                .set(HttpHeaderNames.CONNECTION, "close");
        ChannelFuture connecting = bootstrap(call).connect(peer.host(), peer.port());
        call.channel = connecting.channel();
        call.timeout = loop.schedule(() -> call.end(Answer.NONE), timeout.toNanos(), TimeUnit.NANOSECONDS);
        connecting.addListener(connected -> {
            if (connected.isSuccess()) {
                connecting.channel().writeAndFlush(request);
            } else {
                request.release();
                loop.execute(() -> call.end(Answer.NONE));
            }
        });
        return call::close;
    }

    /** Gives every question up. */
    void close() {
        List.copyOf(calls).forEach(Call::close);
    }

    /** Simulated servers live on one machine: a body cannot make one of them connect anywhere else. */
    private static boolean isHere(String host) {
        return host.equals("localhost") || NetUtil.isValidIpV4Address(host) && host.startsWith("127.");
    }

    private Bootstrap bootstrap(Call call) {
        boolean isEpoll = loop.getClass().getName().startsWith("io.netty.channel.epoll.");
        return new Bootstrap()
                .group(loop)
                .channel(isEpoll ? EpollSocketChannel.class : NioSocketChannel.class)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS)
                .option(ChannelOption.TCP_NODELAY, true)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(new HttpClientCodec())
                                .addLast(new HttpObjectAggregator(MAX_ANSWER_BYTES))
                                .addLast(call);
                    }
                });
    }

    private final class Call extends SimpleChannelInboundHandler<FullHttpResponse> {
        private final Consumer<Answer> answered;
        private @Nullable Channel channel;
        private @Nullable Future<?> timeout;
        private boolean isOver;

        Call(Consumer<Answer> answered) {
            this.answered = answered;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, FullHttpResponse response) {
            JsonNode body = MissingNode.getInstance();
            try {
                body = CompletionRequestReader.parse(new ByteBufInputStream(response.content()));
            } catch (RequestRefused e) {
                // Whatever answers there, it is no simulated server.
            }
            end(new Answer(response.status().code(), body));
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            end(Answer.NONE);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            end(Answer.NONE);
        }

        void end(Answer answer) {
            if (!isOver) {
                close();
                answered.accept(answer);
            }
        }

        void close() {
            isOver = true;
            calls.remove(this);
            if (timeout != null) {
                timeout.cancel(false);
            }
            if (channel != null) {
                channel.close();
            }
        }
    }
}
