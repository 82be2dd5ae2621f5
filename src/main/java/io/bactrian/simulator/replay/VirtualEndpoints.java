package io.bactrian.simulator.replay;

import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.EndpointMetrics;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.endpoint.EndpointRole;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.endpoint.Signal;
import io.bactrian.simulator.engine.EngineOptions;
import io.bactrian.simulator.engine.InferenceEngine;
import io.bactrian.simulator.engine.RemoteBlocks;
import io.bactrian.simulator.engine.VirtualClock;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/** The engines of a pool in virtual time, and the pool as the router knows it. */
final class VirtualEndpoints {
    private static final String POOL = "replay";
    // Of a pool in which nothing fails to report, nothing gets old.
    private static final Duration STALE_AFTER = Duration.ofDays(365);

    /** One engine with what it keeps for others. */
    record Server(InferenceEngine engine, RemoteBlocks remote) {}

    private final VirtualClock clock;
    private final EndpointPool pool;
    private final Map<String, Server> servers = new HashMap<>();

    VirtualEndpoints(ReplaySettings settings, VirtualClock clock) {
        this.clock = clock;
        this.pool = new EndpointPool(POOL, Set.of(POOL), STALE_AFTER);
        List<Endpoint> endpoints = new ArrayList<>();
        for (EndpointRole role : settings.pool().roles()) {
            int index = endpoints.size();
            Map<String, String> labels =
                    role == EndpointRole.NONE ? Map.of() : Map.of(EndpointRole.LABEL, role.value());
            // Port i + 1 of the loopback address: a name, as nobody connects.
            InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), index + 1);
            Endpoint endpoint = new Endpoint(POOL, "e" + index, address, labels);
            endpoints.add(endpoint);
            InferenceEngine engine = new InferenceEngine(seeded(settings.engine(), settings.seed() + index), clock);
            servers.put(
                    endpoint.name(),
                    new Server(engine, new RemoteBlocks(engine, settings.transfer(), settings.lease())));
        }
        pool.replaceEndpoints(endpoints);
    }

    EndpointPool pool() {
        return pool;
    }

    Instant now() {
        return Instant.EPOCH.plusNanos(clock.nanoTime());
    }

    Server server(EndpointState chosen) {
        Server server = servers.get(chosen.endpoint().name());
        if (server == null) {
            throw new IllegalStateException(chosen.endpoint() + " is no endpoint of this pool");
        }
        return server;
    }

    /** Lets every endpoint report, as its metric page would. */
    void report() {
        for (EndpointPool.Member member : pool.snapshot().members()) {
            Server server = servers.get(member.endpoint().name());
            if (server != null) {
                InferenceEngine engine = server.engine();
                Instant now = now();
                pool.beginReport(member)
                        .done(new EndpointMetrics(
                                Signal.of(engine.waiting(), now),
                                Signal.of(engine.running(), now),
                                Signal.of(engine.kvCacheUsage(), now),
                                OptionalInt.of(engine.options().blockSizeTokens()),
                                OptionalInt.of(engine.options().kvBlocks())));
            }
        }
    }

    private static EngineOptions seeded(EngineOptions options, long seed) {
        return new EngineOptions(
                options.maxSequences(),
                options.maxBatchedTokens(),
                options.maxWaiting(),
                options.kvBlocks(),
                options.blockSizeTokens(),
                options.prefixCaching(),
                options.latency(),
                seed);
    }
}
