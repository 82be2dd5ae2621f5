package io.bactrian.endpoint;

import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One model server that can be chosen. Never changes; equal to another of the same pool, name, address and labels. */
public final class Endpoint {
    /** The label that discovery puts an endpoint's namespace into. */
    public static final String NAMESPACE = "bactrian.io/namespace";

    /** The label with the data-parallel rank of an endpoint that is one of several of a model server, from 0 on. */
    public static final String RANK = "bactrian.io/data-parallel-rank";

    private static final String DEFAULT_NAMESPACE = "default";

    private final String pool;
    private final String name;
    private final InetSocketAddress address;
    private final Map<String, String> labels;
    private final EndpointRole role;
    private final String namespace;
    private final String id;
    private final String hostPort; // kept, as every request writes it more than once

    /**
     * @param pool name of the pool it belongs to
     * @param name unique inside its pool
     * @param address where it listens
     * @param labels what discovery says about it, such as its role
     */
    public Endpoint(String pool, String name, InetSocketAddress address, Map<String, String> labels) {
        this.pool = pool;
        this.name = name;
        this.address = address;
        this.labels = Map.copyOf(labels);
        this.namespace = this.labels.getOrDefault(NAMESPACE, DEFAULT_NAMESPACE);
        this.id = namespace + "/" + name;
        this.role = EndpointRole.of(this.labels);
        this.hostPort = address.getHostString() + ":" + address.getPort();
    }

    /** Returns the name of the pool it belongs to. */
    public String pool() {
        return pool;
    }

    /** Returns its name, unique inside its pool. */
    public String name() {
        return name;
    }

    /** Returns its namespace. */
    public String namespace() {
        return namespace;
    }

    /** Returns its name with its namespace, as clients are told it: {@code namespace/name}. */
    public String id() {
        return id;
    }

    /** Returns where it listens. */
    public InetSocketAddress address() {
        return address;
    }

    /** Returns what discovery says about it. */
    public Map<String, String> labels() {
        return labels;
    }

    /** Returns what part of a request it computes. */
    public EndpointRole role() {
        return role;
    }

    /** Returns host and port as they are written into headers and logs. */
    public String hostPort() {
        return hostPort;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Endpoint that
                && pool.equals(that.pool)
                && name.equals(that.name)
                && address.equals(that.address)
                && labels.equals(that.labels);
    }

    @Override
    public int hashCode() {
        return Objects.hash(pool, name, address);
    }

    @Override
    public String toString() {
        return pool + "/" + name + " at " + hostPort;
    }
}
