package io.bactrian.step;

import io.bactrian.disaggregation.Peers;
import io.bactrian.disaggregation.SidecarSettings;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.exchange.ClientHead;
import io.bactrian.exchange.InferenceExchange;
import io.bactrian.request.Api;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.InferenceException;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.ScheduledPool;
import io.bactrian.scheduling.sidecar.NamedJob;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.support.AsyncProcessorSupport;

/**
 * Finds the candidates of a request by the headers of the router before us: the engine's rank that answers, who may compute the prompt,
 * who encodes. A header that names somebody who may not be named is refused, or for one of several passed over.
 */
public final class NamePeers extends AsyncProcessorSupport {
    private static final String RANK_TARGET_HEADER = "x-data-parallel-host-port";
    private static final String RANK_HEADER = "x-data-parallel-rank";

    private final ScheduledPool engine;
    private final Peers peers;
    private final SidecarSettings settings;
    private final int firstPort;
    private final Executor workers;
    private final InstantSource clock;

    /**
     * Where the sidecar stands.
     *
     * @param port the first of our ports, one for each rank
     */
    public record Place(SidecarSettings settings, int port) {}

    /**
     * @param engine has an endpoint for each data-parallel rank, in their order
     * @param workers look names up
     */
    public NamePeers(ScheduledPool engine, Peers peers, Place place, Executor workers, InstantSource clock) {
        this.engine = engine;
        this.peers = peers;
        this.settings = place.settings();
        this.firstPort = place.port();
        this.workers = workers;
        this.clock = clock;
    }

    /** What the headers of a request name. */
    private record Named(List<String> prefillers, List<String> encoders, String cacheSource) {
        static final Named NOBODY = new Named(List.of(), List.of(), "");

        boolean any(Predicate<String> what) {
            return prefillers.stream().anyMatch(what) || encoders.stream().anyMatch(what) || what.test(cacheSource);
        }
    }

    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
        InferenceExchange inference = InferenceExchange.of(exchange);
        Continuation continuation = new Continuation(exchange, callback, inference.home());
        try {
            boolean isSplittable = inference.request().api() != Api.PASSTHROUGH;
            Named named = isSplittable
                    ? new Named(
                            all(inference.head(), Decision.PREFILLER_HEADER),
                            all(inference.head(), Decision.ENCODERS_HEADER),
                            settings.usesCacheSources() ? inference.head().header(Decision.CACHE_SOURCE_HEADER) : "")
                    : Named.NOBODY;
            int rank =
                    rank(inference.head(), exchange.getMessage().getHeader(InferenceExchange.RANK, 0, Integer.class));
            if (named.any(peers::asksForName)) {
                workers.execute(() -> {
                    try {
                        choose(inference, named, rank);
                        continuation.goOn();
                    } catch (RuntimeException e) {
                        continuation.fail(e);
                    }
                });
                return continuation.returned();
            }
            choose(inference, named, rank);
            continuation.goOn();
        } catch (RuntimeException e) {
            continuation.fail(e);
        }
        return continuation.returned();
    }

    /** Returns everything that the headers called {@code name} list. */
    private static List<String> all(ClientHead head, String name) {
        List<String> named = new ArrayList<>();
        for (Map.Entry<String, String> header : head.headers()) {
            if (header.getKey().equalsIgnoreCase(name)) {
                for (String one : header.getValue().split(",", -1)) {
                    named.add(wellFormed(name, one.strip()));
                }
            }
        }
        return named;
    }

    private static String wellFormed(String header, String hostPort) {
        if (!Peers.isWellFormed(hostPort)) {
            throw new InferenceException(
                    ErrorCode.BAD_REQUEST, header + ": " + printable(hostPort) + " (expected: host:port)");
        }
        return hostPort;
    }

    /** Returns what may stand in an error of a value that is none of ours. */
    private static String printable(String value) {
        String shown = value.length() > 100 ? value.substring(0, 100) + "..." : value;
        return shown.isEmpty() ? "empty" : shown;
    }

    /** Returns the rank that the router wants, else the one whose port the request came to. */
    private int rank(ClientHead head, int ofPort) {
        String wanted = head.header(RANK_TARGET_HEADER);
        if (wanted.isEmpty()) {
            return ofPort;
        }
        int colon = wanted.lastIndexOf(':');
        String host = colon < 0 ? "" : wanted.substring(0, colon);
        String port = wanted.substring(colon + 1);
        int ranks = engine.pool().snapshot().members().size();
        boolean isOurs = settings.podIp().isEmpty() || host.equals(settings.podIp());
        int rank = isOurs && port.matches("\\d{1,5}") ? Integer.parseInt(port) - firstPort : -1;
        if (rank < 0 || rank >= ranks) {
            throw new InferenceException(
                    ErrorCode.BAD_REQUEST,
                    RANK_TARGET_HEADER + ": " + printable(wanted) + " (expected: "
                            + (settings.podIp().isEmpty() ? "this pod's address" : settings.podIp())
                            + " and a port from " + firstPort + " to " + (firstPort + ranks - 1) + ")");
        }
        return rank;
    }

    private void choose(InferenceExchange inference, Named named, int rank) {
        List<EndpointState> candidates = new ArrayList<>();
        EndpointState local = engine.pool().candidates(clock.instant()).get(rank);
        local.ignoreBreaker(); // there is nobody else
        candidates.add(NamedJob.DECODE.assign(local));
        named.prefillers().forEach(one -> add(candidates, one, NamedJob.PREFILL));
        if (candidates.size() == 1 && !named.prefillers().isEmpty()) {
            throw new InferenceException(
                    ErrorCode.FORBIDDEN,
                    Decision.PREFILLER_HEADER + ": " + named.prefillers().get(0)
                            + " (expected: a target that SSRF protection allows; bactrian.sidecar.allowed-targets)");
        }
        named.encoders().forEach(one -> add(candidates, one, NamedJob.ENCODE));
        noteRank(inference);
        noteCacheSource(inference, named, rank);
        inference.setPool(engine);
        inference.setCandidates(candidates);
        inference.setAdmitted();
    }

    private void add(List<EndpointState> candidates, String hostPort, NamedJob job) {
        EndpointState peer = peers.find(hostPort);
        if (peer != null) {
            candidates.add(job.assign(peer));
        }
    }

    /** A source that nobody may name, or that is the engine itself, is no reason to refuse: it is passed over. */
    private void noteCacheSource(InferenceExchange inference, Named named, int rank) {
        EndpointState source = named.cacheSource().isEmpty() ? null : peers.find(named.cacheSource());
        if (source != null && !isOurs(source, rank)) {
            inference.request().attributes().put(Decision.CACHE_SOURCE, source.endpoint());
        }
    }

    private boolean isOurs(EndpointState source, int rank) {
        InetSocketAddress address = source.endpoint().address();
        return address.getAddress().getHostAddress().equals(settings.podIp()) && address.getPort() == firstPort + rank;
    }

    /** The engine is told the rank that the router has told us. */
    private static void noteRank(InferenceExchange inference) {
        String rank = inference.head().header(RANK_HEADER);
        if (rank.isEmpty()) {
            return;
        }
        if (!rank.matches("\\d{1,6}")) {
            throw new InferenceException(
                    ErrorCode.BAD_REQUEST, RANK_HEADER + ": " + printable(rank) + " (expected: a whole number)");
        }
        inference.request().attributes().put(NamedJob.RANK, rank);
    }
}
