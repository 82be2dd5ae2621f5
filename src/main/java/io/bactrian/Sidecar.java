package io.bactrian;

import io.bactrian.api.BodyReader;
import io.bactrian.config.AllowedTargets;
import io.bactrian.config.BactrianSettings;
import io.bactrian.config.ConfigurationException;
import io.bactrian.disaggregation.Peers;
import io.bactrian.disaggregation.SidecarSettings;
import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.EndpointBreakers;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.relay.ModelServerClient;
import io.bactrian.relay.TlsSettings;
import io.bactrian.relay.UpstreamTls;
import io.bactrian.scheduling.ScheduledPool;
import io.bactrian.scheduling.SchedulingObserver;
import io.bactrian.scheduling.sidecar.NamedScheduler;
import io.bactrian.step.NamePeers;
import io.bactrian.step.ReadRequest;
import io.bactrian.step.ReadSidecarRequest;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.camel.CamelContext;
import org.apache.camel.main.Main;

/** What the role {@code sidecar} has beside the parts of every role: the engine, and those who may be named to it. */
final class Sidecar {
    private static final String PEERS_POOL = "peers";
    private static final String RANK_TEMPLATE = "serve-rank";

    private final BactrianSettings settings;
    private final Clock clock;
    private final ScheduledPool engine;
    private final Peers peers;
    private final AllowedTargets allowed;

    /** Throws {@link ConfigurationException} if the targets that are allowed cannot be used. */
    Sidecar(BactrianSettings settings, Clock clock) {
        this.settings = settings;
        this.clock = clock;
        SidecarSettings sidecar = settings.sidecar();
        this.engine = new ScheduledPool(pool(BactrianSettings.ENGINE_POOL));
        engine.pool().replaceEndpoints(ranks(sidecar));
        this.peers = new Peers(
                pool(PEERS_POOL),
                sidecar.enableSsrfProtection(),
                new Peers.Ranks(sidecar.dataParallelSize(), settings.http().port()),
                clock);
        this.allowed = new AllowedTargets(sidecar, peers);
    }

    private EndpointPool pool(String name) {
        return new EndpointPool(
                name, Set.of(), settings.metrics().staleAfter(), new EndpointBreakers(settings.breaker(), clock));
    }

    private static List<Endpoint> ranks(SidecarSettings sidecar) {
        List<Endpoint> ranks = new ArrayList<>();
        InetAddress host = host(sidecar.podIp());
        for (int rank = 0; rank < sidecar.dataParallelSize(); rank++) {
            InetSocketAddress address = new InetSocketAddress(host, sidecar.modelServerPort() + rank);
            ranks.add(new Endpoint(BactrianSettings.ENGINE_POOL, "rank-" + rank, address, Map.of()));
        }
        return ranks;
    }

    /** Returns this machine by the name that others have for it: a prefill server may be told where the engine is. */
    private static InetAddress host(String podIp) {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        try {
            return podIp.isEmpty() ? loopback : InetAddress.getByAddress(podIp, loopback.getAddress());
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of the wrong length", e);
        }
    }

    /** Returns the engine, with an endpoint for each data-parallel rank. */
    ScheduledPool engine() {
        return engine;
    }

    /** Returns those who may be named. */
    Peers peers() {
        return peers;
    }

    /** Returns what sends {@code leg}: {@code plain}, or over TLS; throws {@link ConfigurationException} if that cannot be. */
    ModelServerClient client(String leg, ModelServerClient plain) {
        SidecarSettings sidecar = settings.sidecar();
        if (!sidecar.enableTls().contains(leg)) {
            return plain;
        }
        boolean verify = !sidecar.tlsInsecureSkipVerify().contains(leg);
        try {
            TlsSettings tls = new TlsSettings(verify, verify ? sidecar.tlsCaCertPath() : "", "", "");
            return new ModelServerClient(settings.upstream(), UpstreamTls.of(tls));
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(
                    "bactrian.sidecar.tls-ca-cert-path: " + sidecar.tlsCaCertPath() + " (expected: PEM certificates): "
                            + e.getMessage(),
                    e);
        }
    }

    /** Gives the engine its scheduler. */
    void schedule(SchedulingObserver observer) {
        engine.replaceScheduler(NamedScheduler.create(
                settings.sidecar().enablePrefillerSampling(), observer, ThreadLocalRandom::current));
    }

    /** Binds the steps that only this role has. */
    void bind(Main main, ReadRequest readRequest, Executor workers) {
        BodyReader reader = new BodyReader(settings.http().maxBodyBytes(), true);
        NamePeers.Place place =
                new NamePeers.Place(settings.sidecar(), settings.http().port());
        main.bind("readSidecarRequest", new ReadSidecarRequest(readRequest, reader, workers));
        main.bind("namePeers", new NamePeers(engine, peers, place, workers, clock));
        main.addOverrideProperty(
                "bactrian.sidecar.decode-chunk-size",
                String.valueOf(settings.sidecar().decodeChunkSize()));
    }

    /** Adds a port for each data-parallel rank but the first. */
    void addRanks(CamelContext camel) {
        for (int rank = 1; rank < settings.sidecar().dataParallelSize(); rank++) {
            Map<String, Object> parameters = Map.of(
                    "rank",
                    String.valueOf(rank),
                    "port",
                    String.valueOf(settings.http().port() + rank));
            try {
                camel.addRouteFromTemplate(RANK_TEMPLATE + "-" + rank, RANK_TEMPLATE, parameters);
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new IllegalStateException("adding the port of rank " + rank, e);
            }
        }
    }

    /** Begins to look for changes of the targets that are allowed. */
    void watch(ScheduledExecutorService files) {
        allowed.watch(files);
    }
}
