package io.bactrian.component.extproc;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** How an address is written for a proxy: {@code ip:port}, an IPv6 address in brackets. */
final class WireAddress {
    private WireAddress() {}

    static String of(InetSocketAddress address) {
        String host = address.getHostString();
        if (!NetUtil.isValidIpV4Address(host)) {
            host = ip(address, host);
        }
        return host + ':' + address.getPort();
    }

    private static String ip(InetSocketAddress address, String host) {
        InetAddress resolved = address.getAddress();
        if (resolved == null) {
            return host;
        }
        return NetUtil.toAddressString(resolved).indexOf(':') < 0
                ? resolved.getHostAddress()
                : '[' + NetUtil.toAddressString(resolved) + ']';
    }
}
