package io.bactrian.benchmarks;

import io.bactrian.relay.EventLoops;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The ceiling: what Netty can do on this machine when nothing is decided.
 *
 * <p>It collects the request, as a router must that reads it, and relays the answer object by object on the client's event
 * loop, with back-pressure and abort but without timeouts, retries, limits or meters. It shares no relaying code with
 * the gateway, so that a slow part of ours cannot lower the ceiling.
 */
@Command(
        name = "raw-proxy",
        mixinStandardHelpOptions = true,
        description = "Relays to one model server, with Netty alone.")
final class RawProxy implements Callable<Integer> {
    private static final int MAX_BODY_BYTES = 64 * 1024 * 1024;

    @Option(names = "--port", defaultValue = "0", description = "Port to listen on; 0 takes a free one.")
    private int port;

    @Option(names = "--loops", defaultValue = "0", description = "Event loops; 0 means one a processor.")
    private int loops;

    @Option(names = "--upstream-port", required = true, description = "Port of the model server.")
    private int upstreamPort;

    @Override
    public Integer call() throws InterruptedException, IOException {
        EventLoopGroup group = EventLoops.create(loops, "raw-proxy");
        RawConnections upstream = new RawConnections(new InetSocketAddress("127.0.0.1", upstreamPort));
        int listening = ServerChannels.listen(
                group,
                port,
                () -> List.of(
                        new HttpServerCodec(), new HttpObjectAggregator(MAX_BODY_BYTES), new RawClient(upstream)));
        Json.print(Map.of("port", listening, "control", ControlPage.start()));
        new CountDownLatch(1).await();
        return 0;
    }
}
