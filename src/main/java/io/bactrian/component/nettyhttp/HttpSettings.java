package io.bactrian.component.nettyhttp;

import java.time.Duration;
import java.util.List;

/**
 * The HTTP door.
 *
 * @param host address to listen on
 * @param port port to listen on; 0 takes a free one
 * @param tls {@code off}, {@code self-signed}, or a folder with {@code tls.crt} and {@code tls.key}, read again when they change; empty
 *     for {@code off}, in the role {@code sidecar} for {@code self-signed}
 * @param eventLoops threads that move bytes; 0 means one a processor
 * @param workerThreads threads for what may block or takes long, such as reading a body over 256 KiB
 * @param maxBodyBytes longest request body
 * @param maxBufferedBytes bytes of all request bodies held at one time, waiting ones included
 * @param maxInitialLineBytes longest request line
 * @param maxHeaderBytes longest request head
 * @param maxConnections client connections open at one time
 * @param maxStreamsPerConnection HTTP/2 requests under way at one time on a connection
 * @param idleTimeout how long a connection may stay open between requests
 * @param headerTimeout how long a request head may take from its first byte
 * @param bodyTimeout how long a request body may take
 * @param stallTimeout how long a client may leave a full send buffer unread
 * @param loopHeldWarning how long an event loop may be held before the log names what holds it
 * @param trustCoordinator whether who asks may say where KV blocks move ({@code kv_transfer_params} and its kin), as llm-d's coordinator does;
 *     never where clients reach this port
 * @param exposedHeaders request headers that routes see as Camel headers
 * @param responseHeaders Camel headers that are copied to the response
 */
public record HttpSettings(
        String host,
        int port,
        String tls,
        int eventLoops,
        int workerThreads,
        int maxBodyBytes,
        long maxBufferedBytes,
        int maxInitialLineBytes,
        int maxHeaderBytes,
        int maxConnections,
        int maxStreamsPerConnection,
        Duration idleTimeout,
        Duration headerTimeout,
        Duration bodyTimeout,
        Duration stallTimeout,
        Duration loopHeldWarning,
        boolean trustCoordinator,
        List<String> exposedHeaders,
        List<String> responseHeaders) {

    /** Listens on loopback only, until told otherwise. */
    public static final HttpSettings DEFAULTS = new HttpSettings(
            "127.0.0.1",
            8080,
            "",
            0,
            2,
            32 * 1024 * 1024,
            512L * 1024 * 1024,
            8 * 1024,
            64 * 1024,
            20_000,
            256,
            Duration.ofSeconds(75),
            Duration.ofSeconds(10),
            Duration.ofSeconds(60),
            Duration.ofMinutes(2),
            Duration.ofMillis(250),
            false,
            List.of(),
            List.of());

    public HttpSettings {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("port: " + port + " (expected: 0 to 65535)");
        }
        atLeast("eventLoops", eventLoops, 0);
        atLeast("workerThreads", workerThreads, 1);
        atLeast("maxBodyBytes", maxBodyBytes, 1);
        atLeast("maxBufferedBytes", maxBufferedBytes, maxBodyBytes);
        atLeast("maxInitialLineBytes", maxInitialLineBytes, 256);
        atLeast("maxHeaderBytes", maxHeaderBytes, 1024);
        atLeast("maxConnections", maxConnections, 1);
        atLeast("maxStreamsPerConnection", maxStreamsPerConnection, 1);
        positive("idleTimeout", idleTimeout);
        positive("headerTimeout", headerTimeout);
        positive("bodyTimeout", bodyTimeout);
        positive("stallTimeout", stallTimeout);
        positive("loopHeldWarning", loopHeldWarning);
        exposedHeaders = List.copyOf(exposedHeaders);
        responseHeaders = List.copyOf(responseHeaders);
    }

    /** Returns these settings with another port. */
    public HttpSettings withPort(int other) {
        return new HttpSettings(
                host,
                other,
                tls,
                eventLoops,
                workerThreads,
                maxBodyBytes,
                maxBufferedBytes,
                maxInitialLineBytes,
                maxHeaderBytes,
                maxConnections,
                maxStreamsPerConnection,
                idleTimeout,
                headerTimeout,
                bodyTimeout,
                stallTimeout,
                loopHeldWarning,
                trustCoordinator,
                exposedHeaders,
                responseHeaders);
    }

    private static void atLeast(String what, long value, long least) {
        if (value < least) {
            throw new IllegalArgumentException(what + ": " + value + " (expected: >= " + least + ")");
        }
    }

    private static void positive(String what, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(what + ": " + value + " (expected: > 0)");
        }
    }
}
