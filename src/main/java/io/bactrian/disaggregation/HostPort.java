package io.bactrian.disaggregation;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a header says that somebody listens.
 *
 * @param host an address or a name, in small letters; an IPv6 address without brackets
 */
record HostPort(String host, int port) {
    private static final Pattern FORM = Pattern.compile("(\\[[0-9a-fA-F:.]{2,45}]|[0-9A-Za-z._-]{1,253}):(\\d{1,5})");
    private static final String OCTET = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
    private static final Pattern IPV4 = Pattern.compile(OCTET + "(\\." + OCTET + "){3}");
    private static final Pattern DIGITS = Pattern.compile("[\\d.]+");
    private static final int MAX_PORT = 65_535;

    /** Reads {@code host:port}, an IPv6 address in brackets; nothing if {@code text} is not that. */
    static Optional<HostPort> parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        int port = Integer.parseInt(matcher.group(2));
        String host = matcher.group(1).toLowerCase(Locale.ROOT);
        boolean bracketed = host.startsWith("[");
        HostPort read = new HostPort(bracketed ? host.substring(1, host.length() - 1) : host, port);
        boolean isNoAddress = read.isAddress()
                ? read.address() == null
                : DIGITS.matcher(read.host()).matches();
        boolean isWrong = port < 1 || port > MAX_PORT || isNoAddress;
        return isWrong ? Optional.empty() : Optional.of(read);
    }

    /** Tells whether the host is an address, so that nobody need be asked for it. */
    boolean isAddress() {
        return host.indexOf(':') >= 0 || IPV4.matcher(host).matches();
    }

    /** Returns the address, looked up if the host is a name; null if there is none. */
    @Nullable
    InetAddress address() {
        try {
            return InetAddress.getByName(host.indexOf(':') < 0 ? host : "[" + host + "]"); // brackets: no name, ever
        } catch (UnknownHostException e) {
            return null;
        }
    }
}
