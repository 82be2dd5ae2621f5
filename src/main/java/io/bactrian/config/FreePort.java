package io.bactrian.config;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;

/** Finds a port nobody listens on. Camel takes port 0 for port 80, so the choice is made before Camel hears of it. */
final class FreePort {
    private static final int MAX_PORT = 65_535;
    private static final int ATTEMPTS = 100;

    private FreePort() {}

    /** Returns a port such that nobody listens on it and on the {@code count - 1} behind it. */
    static int find(String host, int count) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            int first = find(host);
            int free = 1;
            while (free < count && isFree(host, first + free)) {
                free++;
            }
            if (free == count) {
                return first;
            }
        }
        throw new IllegalStateException("no " + count + " free ports in a row on " + host);
    }

    private static boolean isFree(String host, int port) {
        if (port > MAX_PORT) {
            return false;
        }
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getByName(host))) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }

    static int find(String host) {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(host))) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException("looking for a free port on " + host, e);
        }
    }
}
