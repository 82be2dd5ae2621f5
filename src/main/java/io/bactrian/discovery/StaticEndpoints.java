package io.bactrian.discovery;

import io.bactrian.endpoint.Endpoint;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Endpoints that stand in the configuration and stay until it changes. */
public final class StaticEndpoints {
    private static final Pattern HOST_PORT = Pattern.compile("(\\[[0-9a-fA-F:]+]|[^:\\s/]+):(\\d{1,5})");
    private static final int MAX_PORT = 65_535;

    private StaticEndpoints() {}

    /** Returns the endpoints of {@code pool} at {@code addresses}; host names are looked up now. */
    public static List<Endpoint> of(String pool, List<String> addresses) {
        return of(pool, "endpoints", addresses);
    }

    /** Returns the endpoints of {@code pool} at {@code addresses}, which are called {@code what} in errors. */
    public static List<Endpoint> of(String pool, String what, List<String> addresses) {
        return addresses.stream().map(address -> endpoint(pool, what, address)).toList();
    }

    private static Endpoint endpoint(String pool, String what, String address) {
        Matcher matcher = HOST_PORT.matcher(address);
        if (!matcher.matches() || Integer.parseInt(matcher.group(2)) > MAX_PORT) {
            throw new IllegalArgumentException(what + ": " + address + " (expected: host:port)");
        }
        InetSocketAddress resolved = new InetSocketAddress(matcher.group(1), Integer.parseInt(matcher.group(2)));
        if (resolved.isUnresolved()) {
            throw new IllegalArgumentException(what + ": " + address + " (expected: a host that can be looked up)");
        }
        return new Endpoint(pool, address, resolved, Map.of());
    }
}
