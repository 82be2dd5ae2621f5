package io.bactrian.component.extproc;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.endpoint.Endpoint;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EndpointSubsetTest {
    private static InetSocketAddress address(String host, int port) throws UnknownHostException {
        return new InetSocketAddress(InetAddress.getByName(host), port);
    }

    @Test
    void writesAnIpv6AddressInBrackets() throws UnknownHostException {
        assertThat(WireAddress.of(address("2001:db8::1", 8000))).isEqualTo("[2001:db8::1]:8000");
        assertThat(WireAddress.of(address("10.0.0.1", 8000))).isEqualTo("10.0.0.1:8000");
    }

    @Test
    void takesIpv6AddressesWithAndWithoutAPort() throws UnknownHostException {
        Endpoint endpoint = new Endpoint("pool", "a", address("2001:db8::1", 8000), Map.of());

        assertThat(new EndpointSubset(Set.of("[2001:db8::1]:8000")).test(endpoint))
                .isTrue();
        assertThat(new EndpointSubset(Set.of("[2001:db8::1]")).test(endpoint)).isTrue();
        assertThat(new EndpointSubset(Set.of("2001:db8::1")).test(endpoint)).isTrue();
        assertThat(new EndpointSubset(Set.of("[2001:db8::1]:8001")).test(endpoint))
                .isFalse();
        assertThat(new EndpointSubset(Set.of("2001:db8::2")).test(endpoint)).isFalse();
    }
}
