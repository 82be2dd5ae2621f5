package io.bactrian.benchmarks;

import io.bactrian.relay.EventLoops;
import io.netty.channel.EventLoop;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Many streams at one time, over HTTP/1.1 or multiplexed over HTTP/2, on one thread; reports as one line of JSON. */
@Command(
        name = "streams",
        mixinStandardHelpOptions = true,
        description = "Opens streams, reads them, reports latencies.")
final class StreamClient implements Callable<Integer> {
    @Option(names = "--port", required = true, description = "Port on loopback to connect to.")
    private int port;

    @Option(names = "--streams", defaultValue = "1000", description = "Streams to open.")
    private int streams;

    @Option(names = "--tokens", defaultValue = "100", description = "Events to ask for in each stream.")
    private int tokens;

    @Option(names = "--ramp-ms", defaultValue = "1000", description = "Time over which the streams are opened.")
    private int rampMillis;

    @Option(names = "--timeout-s", defaultValue = "60", description = "After this the streams still open have failed.")
    private int timeoutSeconds;

    @Option(names = "--http2", description = "Multiplex over HTTP/2 with prior knowledge.")
    private boolean http2;

    @Option(
            names = "--streams-per-connection",
            defaultValue = "250",
            description = "HTTP/2 streams on one connection; the gateway allows 256.")
    private int streamsPerConnection;

    @Option(
            names = "--sources",
            defaultValue = "4",
            description = "Source addresses 127.0.0.2 and on: each has ports of its own, so that these never run out.")
    private int sources;

    @Override
    public Integer call() throws InterruptedException {
        StreamResults results = new StreamResults(streams);
        Connector connector =
                new Connector(EventLoops.create(1, "stream-client").next(), port, sources);
        StreamRequest request = new StreamRequest(tokens, port);
        StreamOpener opener = http2
                ? new Http2Streams(connector, request, results, streamsPerConnection)
                : new Http1Streams(connector, request, results);
        EventLoop loop = connector.loop();
        for (int i = 0; i < streams; i++) {
            int stream = i;
            long delay = (long) rampMillis * 1000 * i / streams;
            loop.schedule(() -> opener.open(stream), delay, TimeUnit.MICROSECONDS);
        }
        results.await(timeoutSeconds);
        // The results belong to the loop's thread.
        loop.submit(() -> Json.print(results.report())).awaitUninterruptibly();
        return 0;
    }
}
