package io.bactrian.disaggregation;

import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.endpoint.EndpointRole;
import io.bactrian.endpoint.EndpointState;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The model servers that headers may name to a sidecar, and what is known of each. Safe between threads.
 *
 * <p>Those on the list are found by the words of the list or by their address, and are reached at the address that the list came to:
 * a name in a header is never looked up. Where others may be named too, a name is looked up once and believed for a while.
 */
public final class Peers {
    /** As many as llm-d's sidecar keeps connections for. */
    private static final int MAX_UNLISTED = 1024;

    private static final Duration NAMES_HOLD = Duration.ofSeconds(30);

    private final EndpointPool pool;
    private final boolean listedOnly;
    private final Ranks ranks;
    private final InstantSource clock;
    private final Names names;
    private List<Endpoint> listed = List.of();
    private final Map<HostPort, Unlisted> unlisted = new LinkedHashMap<>();
    private volatile Map<HostPort, EndpointPool.Member> members = Map.of();

    private record Unlisted(Endpoint endpoint, Instant since) {}

    /** Knows where hosts are. */
    interface Names {
        /** Returns the address of a host; null if there is none. */
        @Nullable
        InetAddress address(HostPort host);
    }

    /**
     * The data-parallel ranks of each model server, on ports that follow each other.
     *
     * @param firstPort where those that are not listed have their first
     */
    public record Ranks(int count, int firstPort) {
        String at(int port) {
            int rank = port - firstPort;
            return String.valueOf(rank >= 0 && rank < count ? rank : 0);
        }
    }

    /**
     * @param pool keeps loads and breakers
     * @param listedOnly whether nobody else may be named
     */
    public Peers(EndpointPool pool, boolean listedOnly, Ranks ranks, InstantSource clock) {
        this(pool, listedOnly, ranks, clock, HostPort::address);
    }

    Peers(EndpointPool pool, boolean listedOnly, Ranks ranks, InstantSource clock, Names names) {
        this.pool = pool;
        this.listedOnly = listedOnly;
        this.ranks = ranks;
        this.clock = clock;
        this.names = names;
    }

    /** Puts {@code endpoints} on the list, in place of those that were there. */
    public synchronized void list(Collection<Endpoint> endpoints) {
        Map<InetSocketAddress, Endpoint> all = new LinkedHashMap<>();
        for (Endpoint endpoint : endpoints) {
            all.put(
                    endpoint.address(),
                    peer(
                            endpoint.name(),
                            endpoint.address(),
                            endpoint.labels(),
                            endpoint.labels().getOrDefault(Endpoint.RANK, "0")));
        }
        for (Endpoint endpoint : endpoints) {
            for (int rank = 1; rank < ranks.count(); rank++) {
                InetSocketAddress base = endpoint.address();
                InetSocketAddress address = new InetSocketAddress(base.getAddress(), base.getPort() + rank);
                String name = endpoint.name() + "+" + rank;
                all.putIfAbsent(address, peer(name, address, endpoint.labels(), String.valueOf(rank)));
            }
        }
        listed = List.copyOf(all.values());
        replace();
    }

    /** Whatever its own role is, here it computes for others. */
    private Endpoint peer(String name, InetSocketAddress address, Map<String, String> labels, String rank) {
        Map<String, String> own = new HashMap<>(labels);
        own.put(Endpoint.RANK, rank);
        own.put(EndpointRole.LABEL, EndpointRole.ENCODE_PREFILL.value());
        return new Endpoint(pool.name(), name, address, own);
    }

    private void replace() {
        List<Endpoint> all = new ArrayList<>(listed);
        unlisted.values().forEach(known -> all.add(known.endpoint()));
        pool.replaceEndpoints(all);
        Map<HostPort, EndpointPool.Member> next = new HashMap<>();
        for (EndpointPool.Member member : pool.snapshot().members()) {
            InetSocketAddress address = member.endpoint().address();
            next.put(key(address.getAddress().getHostAddress(), address.getPort()), member);
            next.put(key(address.getHostString(), address.getPort()), member);
        }
        members = Map.copyOf(next);
    }

    private static HostPort key(String host, int port) {
        return new HostPort(host.toLowerCase(Locale.ROOT), port);
    }

    /** Tells whether {@code text} is {@code host:port}. */
    public static boolean isWellFormed(String text) {
        return HostPort.parse(text).isPresent();
    }

    /** Tells whether finding the one at {@code hostPort} asks for a name, which may hold a thread. */
    public boolean asksForName(String hostPort) {
        if (listedOnly) {
            return false;
        }
        Optional<HostPort> named = HostPort.parse(hostPort);
        return named.isPresent() && !named.get().isAddress() && known(named.get()) == null;
    }

    /** Returns the one at {@code hostPort} as a request sees it; null if it may not be named. */
    public @Nullable EndpointState find(String hostPort) {
        HostPort named = HostPort.parse(hostPort).orElse(null);
        if (named == null) {
            return null;
        }
        EndpointPool.Member member = known(named);
        if (member == null) {
            member = known(numeric(named));
        }
        if (member == null && !listedOnly) {
            member = add(numeric(named));
        }
        return member == null
                ? null
                : new EndpointState(
                        member.endpoint(), member.metrics(), member.load(), member.breaker(), clock.instant());
    }

    /** Returns the same address as the list writes it; a name stays as it is. */
    private static HostPort numeric(HostPort named) {
        InetAddress address = named.isAddress() ? named.address() : null;
        return address == null ? named : key(address.getHostAddress(), named.port());
    }

    private EndpointPool.@Nullable Member known(HostPort named) {
        EndpointPool.Member member = members.get(named);
        if (listedOnly || member == null || named.isAddress()) {
            return member;
        }
        synchronized (this) {
            Unlisted found = unlisted.get(named);
            return found != null && found.since().plus(NAMES_HOLD).isBefore(clock.instant()) ? null : member;
        }
    }

    private EndpointPool.@Nullable Member add(HostPort named) {
        InetAddress address = names.address(named);
        if (address == null || isOutOfBounds(address)) {
            return null;
        }
        synchronized (this) {
            String name = "unlisted " + named.host() + ":" + named.port();
            InetSocketAddress target =
                    named.isAddress() ? new InetSocketAddress(address, named.port()) : named(address, named);
            unlisted.put(named, new Unlisted(peer(name, target, Map.of(), ranks.at(named.port())), clock.instant()));
            if (unlisted.size() > MAX_UNLISTED) {
                unlisted.remove(unlisted.keySet().iterator().next());
            }
            replace();
            return members.get(named);
        }
    }

    private static InetSocketAddress named(InetAddress address, HostPort named) {
        try {
            return new InetSocketAddress(InetAddress.getByAddress(named.host(), address.getAddress()), named.port());
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of the wrong length", e);
        }
    }

    /** No pod is there: this machine, the metadata service of a cloud, everybody. */
    private static boolean isOutOfBounds(InetAddress address) {
        return address.isLoopbackAddress()
                || address.isLinkLocalAddress()
                || address.isAnyLocalAddress()
                || address.isMulticastAddress();
    }

    /** Returns what keeps loads and breakers. */
    public EndpointPool pool() {
        return pool;
    }
}
