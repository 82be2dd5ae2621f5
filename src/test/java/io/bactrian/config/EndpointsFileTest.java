package io.bactrian.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.EndpointRole;
import java.util.List;
import org.junit.jupiter.api.Test;

class EndpointsFileTest {
    @Test
    void readsEndpointsAsLlmdWritesThem() {
        List<Endpoint> read = read("""
                endpoints:
                - {name: pod-a, namespace: serving, address: 10.0.0.1, port: "8000", labels: {llm-d.ai/role: decode}}
                - {name: pod-b, address: 10.0.0.2, port: 8001}
                """);

        assertThat(read).extracting(Endpoint::hostPort).containsExactly("10.0.0.1:8000", "10.0.0.2:8001");
        assertThat(read).extracting(Endpoint::id).containsExactly("serving/pod-a", "default/pod-b");
        assertThat(read).extracting(Endpoint::role).containsExactly(EndpointRole.DECODE, EndpointRole.NONE);
    }

    @Test
    void severalPortsAreRanksOfWhichSomeMayBeLeftOut() {
        assertThat(read("endpoints: [{name: p, address: 10.0.0.1, ports: [8000, 8001]}]"))
                .extracting(Endpoint::id)
                .containsExactly("default/p-rank-0", "default/p-rank-1");
        assertThat(read("endpoints: [{name: p, address: 10.0.0.1, ports: [8000, 8001, 8002], "
                        + "labels: {llm-d.ai/active-ports: '8002, 8000'}}]"))
                .extracting(Endpoint::name)
                .containsExactly("p-rank-0", "p-rank-2");
    }

    @Test
    void whatIsWrongIsNamedByPathValueAndExpectation() {
        assertWrong("endpoints: [{address: 10.0.0.1, port: 1}]", "endpoints[0].name: missing (expected: a string)");
        assertWrong(
                "endpoints: [{name: a, address: 10.0.0.1}]",
                "endpoints[0].port: missing (expected: a port from 1 to 65535)");
        assertWrong("endpoints: [{name: a, address: 10.0.0.1, port: 0}]", "endpoints[0].port: 0 (expected: a port");
        assertWrong("endpoints: [{name: a, address: 10.0.0.1, port: x}]", "endpoints[0].port: x (expected: a port");
        assertWrong("endpoints: [{name: a, address: 10.0.0.1, ports: []}]", "endpoints[0].ports: [] (expected: a list");
        assertWrong("endpoints: [{name: a, address: 10.0.0.1, port: 1, x: 1}]", "endpoints[0].x: unknown (expected");
        assertWrong("endpoint: []", "endpoint: unknown (expected: one of [endpoints])");
        assertWrong(
                "endpoints: [{name: a, address: 10.0.0.1, port: 1}, {name: a, address: 10.0.0.2, port: 1}]",
                "endpoints[1].name: a (expected: a name of its own)");
    }

    private static void assertWrong(String text, String message) {
        assertThatThrownBy(() -> read(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message);
    }

    private static List<Endpoint> read(String text) {
        return EndpointsFile.read("pool", text.getBytes(UTF_8));
    }
}
