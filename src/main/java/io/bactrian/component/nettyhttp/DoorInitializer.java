package io.bactrian.component.nettyhttp;

import io.bactrian.relay.Deadline;
import io.bactrian.relay.RelayObserver;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http.HttpServerKeepAliveHandler;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.camel.component.netty.NettyConsumer;
import org.apache.camel.component.netty.ServerInitializerFactory;
import org.apache.camel.component.netty.http.HttpServerConsumerChannelFactory;
import org.apache.camel.component.netty.http.HttpServerInitializerFactory;
import org.apache.camel.component.netty.http.NettyHttpConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Builds the pipeline of each client connection, for HTTP/1.1 and for each stream of HTTP/2.
 *
 * <p>netty-http's own initializer adds a handler that blocks an event loop for good on a chunked upload
 * (HttpInboundStreamHandler), has no timeouts, no order, and no HTTP/2; docs/decisions/0003-data-plane.md has the list.
 */
public final class DoorInitializer extends HttpServerInitializerFactory {
    private static final int PREFACE_BYTES = 3;

    private final HttpSettings settings;
    private final MemoryBudget budget;
    private final ConnectionLimit connections;
    private final DrainState drain;
    private final RelayObserver observer;
    private final @Nullable DoorTls tls;
    private final ChannelGroup http2Connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);

    /**
     * What is to be bound in the registry; Camel asks it for a pipeline once the consumer is known.
     *
     * @param tls encrypts connections; null if they are not
     */
    public DoorInitializer(
            HttpSettings settings,
            MemoryBudget budget,
            ConnectionLimit connections,
            DrainState drain,
            RelayObserver observer,
            @Nullable DoorTls tls) {
        this.settings = settings;
        this.budget = budget;
        this.connections = connections;
        this.drain = drain;
        this.observer = observer;
        this.tls = tls;
    }

    private DoorInitializer(DoorInitializer bound, NettyHttpConsumer consumer) {
        super(consumer);
        this.settings = bound.settings;
        this.budget = bound.budget;
        this.connections = bound.connections;
        this.drain = bound.drain;
        this.observer = bound.observer;
        this.tls = bound.tls;
        drain.onRefusing(this::sendGoAway);
    }

    @Override
    public ServerInitializerFactory createPipelineFactory(NettyConsumer consumer) {
        return new DoorInitializer(this, (NettyHttpConsumer) consumer);
    }

    @Override
    protected void initChannel(Channel channel) {
        if (connections.admit(channel)) {
            if (tls != null) {
                channel.pipeline().addLast(tls.handler(channel.alloc()));
            }
            channel.pipeline().addLast(new ProtocolSniffer());
        }
    }

    private void addHttp1(ChannelPipeline pipeline) {
        RequestTimeouts timeouts = new RequestTimeouts(settings);
        pipeline.addLast(timeouts.bytes());
        pipeline.addLast(new StrictRequestDecoder(settings), new AnswerEncoder());
        OneRequestGate gate = new OneRequestGate();
        pipeline.addLast(gate, timeouts);
        AnswerWriter writer = new AnswerWriter();
        pipeline.addLast(new BodyIntake(settings, budget, drain, writer, observer), new HttpServerKeepAliveHandler());
        addRequestHandlers(pipeline, writer);
        writer.writePiecesFrom(gate);
    }

    /** Tells HTTP/2 clients to open no more streams; those under way go on. */
    private void sendGoAway() {
        http2Connections.writeAndFlush(new DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR));
    }

    private void addHttp2(ChannelPipeline pipeline) {
        http2Connections.add(pipeline.channel());
        Http2FrameCodec codec = Http2FrameCodecBuilder.forServer()
                .initialSettings(Http2Settings.defaultSettings()
                        .maxConcurrentStreams(settings.maxStreamsPerConnection())
                        .maxHeaderListSize(settings.maxHeaderBytes()))
                .build();
        pipeline.addLast(new IdleStateHandler(0, 0, settings.idleTimeout().toMillis(), TimeUnit.MILLISECONDS));
        pipeline.addLast(
                codec, new IdleHttp2Close(codec.connection()), new Http2MultiplexHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel stream) {
                        stream.pipeline().addLast(new Http2StreamFrameToHttpObjectCodec(true));
                        stream.pipeline().addLast(new RequestTimeouts(settings));
                        AnswerWriter writer = new AnswerWriter();
                        stream.pipeline().addLast(new BodyIntake(settings, budget, drain, writer, observer));
                        addRequestHandlers(stream.pipeline(), writer);
                    }
                }));
        pipeline.addLast(new Http2Errors());
    }

    private void addRequestHandlers(ChannelPipeline pipeline, AnswerWriter writer) {
        pipeline.addLast(new Door(budget, drain, observer), writer, route());
    }

    /** Goes straight to the one consumer on the port; the multiplexer matches paths by building lists a request. */
    private ChannelHandler route() {
        HttpServerConsumerChannelFactory onPort = consumer.getEndpoint()
                .getComponent()
                .getMultiplexChannelHandler(consumer.getConfiguration().getPort());
        boolean isOnlyOne = onPort.consumers() == 1;
        return isOnlyOne && RouteHandler.serves(consumer) ? new RouteHandler(consumer) : onPort.getChannelHandler();
    }

    /** Tells HTTP/2 with prior knowledge by the first bytes of its preface, which are no HTTP/1 method. */
    private final class ProtocolSniffer extends ByteToMessageDecoder {
        private Deadline firstBytes;

        @SuppressWarnings("NullAway") // set when the handler is added, before anything else is called
        ProtocolSniffer() {}

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            firstBytes = new Deadline(ctx.channel().eventLoop(), ctx::close);
            firstBytes.set(settings.idleTimeout());
        }

        @Override
        protected void handlerRemoved0(ChannelHandlerContext ctx) {
            firstBytes.cancel();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close(); // the client left before it asked anything
        }

        @Override
        protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
            if (in.readableBytes() < PREFACE_BYTES) {
                return;
            }
            int start = in.readerIndex();
            boolean http2 = in.getByte(start) == 'P' && in.getByte(start + 1) == 'R' && in.getByte(start + 2) == 'I';
            if (http2) {
                addHttp2(ctx.pipeline());
            } else {
                addHttp1(ctx.pipeline());
            }
            ctx.pipeline().remove(this);
        }
    }
}
