package io.bactrian.endpoint;

import java.net.InetSocketAddress;
import java.util.Map;

/**
 * One model server that can be chosen.
 *
 * @param pool name of the pool it belongs to
 * @param name unique inside its pool
 * @param address where it listens
 * @param labels what discovery says about it, such as its role
 */
public record Endpoint(String pool, String name, InetSocketAddress address, Map<String, String> labels) {
    public Endpoint {
        labels = Map.copyOf(labels);
    }

    /** Returns host and port as they are written into headers and logs. */
    public String hostPort() {
        return address.getHostString() + ":" + address.getPort();
    }
}
