package io.bactrian.simulator.load;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Sends workloads to a server in an open loop: a request goes out when it is due, however many are unanswered.
 *
 * @param target the server
 * @param shape how to put the requests
 * @param eventLoops threads to send and read with; one serves thousands of streams
 * @param warmup requests due before this are sent but not reported
 */
public record LoadGenerator(Target target, RequestShape shape, int eventLoops, Duration warmup) {
    /** Gives the event loops time to be running when the first request is due. */
    private static final long LEAD_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    public LoadGenerator {
        if (eventLoops < 1) {
            throw new IllegalArgumentException("eventLoops: " + eventLoops + " (expected: >= 1)");
        }
        if (warmup.isNegative()) {
            throw new IllegalArgumentException("warmup: " + warmup + " (expected: >= 0)");
        }
    }

    /**
     * Sends {@code workload} and returns when every request has ended.
     *
     * @param observer told of every request as it ends, by the event loops: must not block
     * @throws IOException if the server's address cannot be found or TLS not be set up
     */
    public Measurement run(Workload workload, Consumer<RequestResult> observer)
            throws IOException, InterruptedException {
        boolean epoll = Epoll.isAvailable();
        OpenLoopSender.Run run = new OpenLoopSender.Run(
                target,
                shape,
                new InetSocketAddress(InetAddress.getByName(target.url().getHost()), target.port()),
                tls(),
                epoll ? EpollSocketChannel.class : NioSocketChannel.class,
                warmup.toNanos(),
                observer);
        EventLoopGroup group = epoll ? new EpollEventLoopGroup(eventLoops) : new NioEventLoopGroup(eventLoops);
        try {
            List<OpenLoopSender> senders = senders(workload, group, run);
            senders.get(0).rehearse();
            long start = System.nanoTime() + LEAD_NANOS;
            CompletableFuture.allOf(
                            senders.stream().map(sender -> sender.start(start)).toArray(CompletableFuture<?>[]::new))
                    .join();
            return measurement(workload, senders, Duration.ofNanos(System.nanoTime() - start));
        } finally {
            group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
    }

    private List<OpenLoopSender> senders(Workload workload, EventLoopGroup group, OpenLoopSender.Run run) {
        List<List<OpenLoopSender.Planned>> plans = new ArrayList<>();
        for (int i = 0; i < eventLoops; i++) {
            plans.add(new ArrayList<>());
        }
        List<WorkloadRequest> requests = workload.requests();
        for (int i = 0; i < requests.size(); i++) {
            plans.get(i % eventLoops).add(new OpenLoopSender.Planned(i, requests.get(i)));
        }
        return plans.stream()
                .map(plan -> new OpenLoopSender(group.next(), run, plan))
                .toList();
    }

    private Measurement measurement(Workload workload, List<OpenLoopSender> senders, Duration elapsed) {
        List<RequestResult> results = new ArrayList<>();
        Histogram gaps = Histograms.nanoseconds();
        for (OpenLoopSender sender : senders) {
            sender.results().stream()
                    .filter(result -> result.sendAt().compareTo(warmup) >= 0)
                    .forEach(results::add);
            gaps.add(sender.gaps());
        }
        results.sort(Comparator.comparingInt(RequestResult::index));
        Duration measured = elapsed.minus(warmup);
        return new Measurement(workload, results, gaps, measured.isNegative() ? Duration.ZERO : measured);
    }

    private @Nullable SslContext tls() throws IOException {
        if (!target.isTls()) {
            return null;
        }
        SslContextBuilder builder = SslContextBuilder.forClient();
        return target.trustAnyCertificate()
                ? builder.trustManager(InsecureTrustManagerFactory.INSTANCE).build()
                : builder.endpointIdentificationAlgorithm("HTTPS").build();
    }
}
