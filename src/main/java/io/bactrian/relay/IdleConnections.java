package io.bactrian.relay;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** Connections to one endpoint that wait for their next request, most recently used first. On one event loop. */
final class IdleConnections {
    private final ArrayDeque<UpstreamConnection> connections = new ArrayDeque<>();
    private final int limit;

    IdleConnections(int limit) {
        this.limit = limit;
    }

    /** Keeps {@code connection} for reuse, unless there are enough. */
    boolean offer(UpstreamConnection connection) {
        if (connections.size() >= limit) {
            return false;
        }
        connections.push(connection);
        return true;
    }

    @Nullable
    UpstreamConnection take() {
        UpstreamConnection connection;
        while ((connection = connections.poll()) != null) {
            if (connection.isUsable()) {
                return connection;
            }
        }
        return null;
    }

    void remove(UpstreamConnection connection) {
        connections.remove(connection);
    }
}
