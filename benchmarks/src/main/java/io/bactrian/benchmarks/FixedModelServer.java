package io.bactrian.benchmarks;

import io.bactrian.relay.EventLoops;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpRequestDecoder;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Model servers that always answer the same, as cheaply as can be, so that the proxy before them is what is measured. */
@Command(
        name = "model-server",
        mixinStandardHelpOptions = true,
        description = "Fixed answers: JSON, or max_tokens events when the body asks for a stream; /metrics; /stats.")
final class FixedModelServer implements Callable<Integer> {
    private static final int MAX_BODY_BYTES = 64 * 1024 * 1024;

    @Option(names = "--ports", defaultValue = "1", description = "Number of servers, each on a port of its own.")
    private int ports;

    @Option(names = "--loops", defaultValue = "1", description = "Event loops for all of them.")
    private int loops;

    @Option(names = "--interval-ms", defaultValue = "50", description = "Time between the events of a stream.")
    private int intervalMillis;

    @Option(names = "--metrics-bytes", defaultValue = "2048", description = "Length of a metric page.")
    private int metricsBytes;

    @Override
    public Integer call() throws InterruptedException {
        EventLoopGroup group = EventLoops.create(loops, "model-server");
        ModelServerCounts counts = new ModelServerCounts();
        ByteBuf metrics = FixedAnswers.fixed(
                FixedAnswers.response("text/plain; version=0.0.4; charset=utf-8", MetricPages.page(metricsBytes)));
        Supplier<List<ChannelHandler>> handlers = () -> List.of(
                new HttpRequestDecoder(),
                new HttpObjectAggregator(MAX_BODY_BYTES),
                new FixedModelServerConnection(intervalMillis, metrics, counts));
        int[] listening = IntStream.range(0, ports)
                .map(server -> ServerChannels.listen(group, 0, handlers))
                .toArray();
        Json.print(Map.of("ports", listening));
        new CountDownLatch(1).await();
        return 0;
    }
}
