package io.bactrian.disaggregation;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.fixture.MovableClock;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PeersTest {
    private final MovableClock clock = new MovableClock();
    private final EndpointPool pool = new EndpointPool("peers", Set.of(), Duration.ofSeconds(1));

    private Peers listed(boolean only, int ranks) throws UnknownHostException {
        Peers peers = new Peers(pool, only, new Peers.Ranks(ranks, 8000), clock);
        InetAddress named = InetAddress.getByAddress("prefill-0.pool", new byte[] {10, 0, 0, 12});
        peers.list(List.of(
                endpoint("a", new InetSocketAddress("10.0.0.11", 8000)),
                endpoint("b", new InetSocketAddress(named, 8000)),
                endpoint("c", new InetSocketAddress("fd00::1", 8000))));
        return peers;
    }

    private static Endpoint endpoint(String name, InetSocketAddress address) {
        return new Endpoint("peers", name, address, Map.of("sglang.ai/bootstrap-port", "9000"));
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.11:8000, a",
        "10.0.0.12:8000, b",
        "prefill-0.pool:8000, b",
        "Prefill-0.POOL:8000, b",
        "[fd00::1]:8000, c",
        "[fd00:0:0:0:0:0:0:1]:8000, c"
    })
    void thoseOnTheListAreFoundByNameAndByAddress(String named, String endpoint) throws Exception {
        EndpointState found = Objects.requireNonNull(listed(true, 1).find(named));

        assertThat(found.endpoint().name()).isEqualTo(endpoint);
        assertThat(found.endpoint().labels()).containsEntry("sglang.ai/bootstrap-port", "9000");
        assertThat(found.endpoint().role().decodes()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.0.0.11:8001",
                "10.0.0.13:8000",
                "prefill-1.pool:8000",
                "localhost:8000",
                "127.0.0.1:8000",
                "x"
            })
    void nobodyElseIs(String named) throws Exception {
        Peers peers = listed(true, 1);

        assertThat(peers.asksForName(named)).isFalse();
        assertThat(peers.find(named)).isNull();
    }

    @Test
    void ranksHaveThePortsBehind() throws Exception {
        Peers peers = listed(true, 3);

        assertThat(peers.find("10.0.0.11:8002")).isNotNull();
        assertThat(peers.find("10.0.0.12:8001")).isNotNull();
        assertThat(peers.find("10.0.0.11:8003")).isNull();
    }

    @Test
    void whatIsKnownOfOneIsKeptWhenTheListChanges() throws Exception {
        Peers peers = listed(true, 1);
        EndpointState before = Objects.requireNonNull(peers.find("10.0.0.11:8000"));

        peers.list(List.of(endpoint("a", new InetSocketAddress("10.0.0.11", 8000))));

        assertThat(Objects.requireNonNull(peers.find("10.0.0.11:8000")).breaker())
                .isSameAs(before.breaker());
        assertThat(peers.find("10.0.0.12:8000")).isNull();
    }

    @Test
    void aNameIsTheSameInCapitals() throws Exception {
        Peers peers = new Peers(pool, true, new Peers.Ranks(1, 8000), clock);
        InetAddress named = InetAddress.getByAddress("Prefill-1.Pool", new byte[] {10, 0, 0, 13});
        peers.list(List.of(endpoint("d", new InetSocketAddress(named, 8000))));

        assertThat(peers.find("prefill-1.pool:8000")).isNotNull();
        assertThat(peers.find("PREFILL-1.POOL:8000")).isNotNull();
    }

    @Test
    void whatIsKnownOfThoseWhoAreNotListedIsKeptWhenTheListChanges() throws Exception {
        Peers peers = listed(false, 1);
        EndpointState before = Objects.requireNonNull(peers.find("192.0.2.1:80"));

        peers.list(List.of());

        assertThat(pool.snapshot().members()).hasSize(1);
        assertThat(Objects.requireNonNull(peers.find("192.0.2.1:80")).breaker()).isSameAs(before.breaker());
    }

    @Test
    void withoutProtectionOthersMayBeNamedButNotThisMachine() throws Exception {
        Peers peers = listed(false, 1);

        EndpointState found = Objects.requireNonNull(peers.find("192.0.2.1:80"));

        assertThat(found.endpoint().hostPort()).isEqualTo("192.0.2.1:80");
        assertThat(Objects.requireNonNull(peers.find("192.0.2.1:80")).breaker()).isSameAs(found.breaker());
        for (String refused : List.of(
                "127.0.0.1:80",
                "169.254.169.254:80",
                "0.0.0.0:80",
                "224.0.0.1:80",
                "[::1]:80",
                "[fe80::1]:80",
                "[::ffff:127.0.0.1]:80")) {
            assertThat(peers.find(refused)).as(refused).isNull();
        }
    }

    @Test
    void onlyNamesThatAreNotListedAreAskedFor() throws Exception {
        Peers peers = new Peers(pool, false, new Peers.Ranks(1, 8000), clock);
        InetAddress named = InetAddress.getByAddress("known.pool", new byte[] {10, 0, 0, 12});
        peers.list(List.of(endpoint("b", new InetSocketAddress(named, 8000))));

        assertThat(peers.asksForName("known.pool:8000")).isFalse();
        assertThat(peers.asksForName("other.pool:8000")).isTrue();
        assertThat(peers.asksForName("10.0.0.99:8000")).isFalse();
    }

    @Test
    void aNameIsBelievedForHalfAMinuteAndThenAskedForAgain() throws Exception {
        byte[] address = {10, 0, 0, 1};
        Peers peers = new Peers(pool, false, new Peers.Ranks(1, 8000), clock, host -> address(address));

        assertThat(addressOf(peers, "p.pool:80")).isEqualTo("10.0.0.1");
        address[3] = 2;
        clock.advance(Duration.ofSeconds(30));
        assertThat(peers.asksForName("p.pool:80")).isFalse();
        assertThat(addressOf(peers, "p.pool:80")).isEqualTo("10.0.0.1");
        clock.advance(Duration.ofMillis(1));
        assertThat(peers.asksForName("p.pool:80")).isTrue();
        assertThat(addressOf(peers, "p.pool:80")).isEqualTo("10.0.0.2");
    }

    @Test
    void aNameOfThisMachineIsOutOfBounds() {
        Peers peers = new Peers(pool, false, new Peers.Ranks(1, 8000), clock, host -> InetAddress.getLoopbackAddress());

        assertThat(peers.find("p.pool:80")).isNull();
        assertThat(pool.snapshot().members()).isEmpty();
    }

    private static InetAddress address(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String addressOf(Peers peers, String named) {
        return Objects.requireNonNull(peers.find(named))
                .endpoint()
                .address()
                .getAddress()
                .getHostAddress();
    }

    @Test
    void thoseThatAreNotListedAreForgottenWhenThereAreTooMany() throws Exception {
        Peers peers = listed(false, 1);

        for (int i = 0; i < 1100; i++) {
            peers.find("10.1." + i / 250 + "." + i % 250 + ":80");
        }

        assertThat(pool.snapshot().members()).hasSize(1024 + 3);
        assertThat(peers.find("10.0.0.11:8000")).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ":80",
                "a",
                "a:",
                "a:b",
                "a:0",
                "a:65536",
                "a b:80",
                "a/b:80",
                "a@b:80",
                "[::1:80",
                "::1:80",
                "1.2.3:80",
                "300.1.1.1:80",
                "[1.2.3.4]:x",
                "a:80:90",
                "0x7f.1:80:"
            })
    void whatIsNoHostAndPortIsMalformed(String text) {
        assertThat(Peers.isWellFormed(text)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.1:80", "a.b-c_d:65535", "[::1]:1", "host:8000"})
    void hostsAndPortsAreWellFormed(String text) {
        assertThat(Peers.isWellFormed(text)).isTrue();
    }
}
