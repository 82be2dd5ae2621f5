package io.bactrian;

import io.bactrian.config.ConfigurationException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;

/**
 * Finds ports that somebody else listens on, before anything is started: Camel tells of one by a stack trace, and of the
 * operations port not at all.
 */
final class PortsInUse {
    private PortsInUse() {}

    /** Throws {@link ConfigurationException} if {@code port} cannot be listened on; {@code property} sets it. */
    static void refuse(String property, String host, int port) {
        try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getByName(host))) {
            probe.getLocalPort();
        } catch (IOException e) {
            throw new ConfigurationException(
                    property + ": " + port + " (expected: a port of " + host + " that nobody listens on): "
                            + e.getMessage(),
                    e);
        }
    }
}
