package io.bactrian;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bactrian.config.ConfigurationException;
import io.bactrian.fixture.RouterUnderTest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PortsInUseTest {
    @Test
    void namesThePropertyOfAPortThatIsTaken() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                RouterUnderTest router =
                        new RouterUnderTest().set("bactrian.http.port", String.valueOf(taken.getLocalPort()))) {
            assertThatThrownBy(router::start)
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageStartingWith("bactrian.http.port: " + taken.getLocalPort()
                            + " (expected: a port of 127.0.0.1 that nobody listens on)");
        }
    }

    @Test
    void soItDoesForTheOperationsPort() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                RouterUnderTest router = new RouterUnderTest()
                        .set("camel.management.enabled", "true")
                        .set("camel.management.port", String.valueOf(taken.getLocalPort()))) {
            assertThatThrownBy(router::start)
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageStartingWith("camel.management.port: " + taken.getLocalPort()
                            + " (expected: a port of 127.0.0.1 that nobody listens on)");
        }
    }
}
