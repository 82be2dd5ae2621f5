package io.bactrian.component.extproc;

import io.bactrian.component.tls.ServerTls;
import java.time.Duration;

/**
 * The door for Envoy's external processing; open in the role {@code endpoint-picker}.
 *
 * @param host address to listen on
 * @param port port of external processing, and of health beside it; 0 takes a free one
 * @param healthPort port of health alone, without TLS; 0 takes a free one
 * @param tls {@code self-signed}, {@code off}, or a folder with {@code tls.crt} and {@code tls.key}, read again when they change
 * @param maxStreamsPerConnection requests under way at one time on one connection of a proxy
 * @param readResponses whether answers are read as they pass; without, tokens and times are not known
 * @param modeOverride whether a proxy is asked not to send answers, where it allows that, instead of the stream being closed
 * @param disableEndpointSubsetFilter whether requests may go to other endpoints than the proxy hints at
 * @param emitEndpointScores whether the dynamic metadata says how the candidates were rated
 * @param unreadHold how long a request whose answer is not read counts as load, unless its endpoint reports sooner
 */
public record ExtProcSettings(
        String host,
        int port,
        int healthPort,
        String tls,
        int maxStreamsPerConnection,
        boolean readResponses,
        boolean modeOverride,
        boolean disableEndpointSubsetFilter,
        boolean emitEndpointScores,
        Duration unreadHold) {

    /** Listens on loopback only, until told otherwise. */
    public static final ExtProcSettings DEFAULTS = new ExtProcSettings(
            "127.0.0.1", 9002, 9003, ServerTls.SELF_SIGNED, 10_000, true, false, false, false, Duration.ofSeconds(30));

    public ExtProcSettings {
        port("port", port);
        port("healthPort", healthPort);
        if (port != 0 && port == healthPort) {
            throw new IllegalArgumentException("healthPort: " + healthPort + " (expected: another than port)");
        }
        if (tls.isEmpty()) {
            throw new IllegalArgumentException("tls: (expected: self-signed, off or a folder)");
        }
        if (maxStreamsPerConnection < 1) {
            throw new IllegalArgumentException(
                    "maxStreamsPerConnection: " + maxStreamsPerConnection + " (expected: >= 1)");
        }
        if (unreadHold.isNegative() || unreadHold.isZero()) {
            throw new IllegalArgumentException("unreadHold: " + unreadHold + " (expected: > 0)");
        }
    }

    private static void port(String what, int port) {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException(what + ": " + port + " (expected: 0 to 65535)");
        }
    }

    /** Returns these settings with other ports. */
    public ExtProcSettings withPorts(int otherPort, int otherHealthPort) {
        return new ExtProcSettings(
                host,
                otherPort,
                otherHealthPort,
                tls,
                maxStreamsPerConnection,
                readResponses,
                modeOverride,
                disableEndpointSubsetFilter,
                emitEndpointScores,
                unreadHold);
    }
}
