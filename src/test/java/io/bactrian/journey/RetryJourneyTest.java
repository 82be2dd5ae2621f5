package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.relay.RelayRecord;
import io.bactrian.simulator.SimulatedModelServer;
import io.bactrian.simulator.SimulatedModelServerOptions;
import io.bactrian.simulator.engine.StepLatency;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A request is sent again only when it is known not to have been begun, and not too often. */
@Timeout(60)
class RetryJourneyTest {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";

    private int questions = 100;
    private RouterFixture router = RouterFixture.builder().build();

    @AfterEach
    void close() {
        router.awaitQuiet();
        router.close();
    }

    /** A router over {@code count} simulated servers, whose breakers open late unless {@code more} says otherwise. */
    private void start(int count, String... more) {
        RouterFixture.Builder builder = RouterFixture.builder()
                .property("bactrian.breaker.window-requests", "1000")
                .property("bactrian.breaker.min-requests", "1000")
                .property("bactrian.upstream.first-byte-timeout", "500ms");
        for (int i = 0; i < count; i++) {
            builder.simulated(
                    "s" + i,
                    "demo",
                    SimulatedModelServerOptions.builder()
                            .latency(StepLatency.NONE)
                            .prefixCaching(false)
                            .build());
        }
        for (int i = 0; i < more.length; i += 2) {
            builder.property(more[i], more[i + 1]);
        }
        router = builder.build().start();
    }

    private void startRaw(RawModelServer... servers) {
        RouterFixture.Builder builder = RouterFixture.builder()
                .property("bactrian.http.event-loops", "1")
                .property("bactrian.metrics.interval", "30s")
                .property("bactrian.metrics.stale-after", "60s")
                .property("bactrian.breaker.window-requests", "2")
                .property("bactrian.breaker.min-requests", "2");
        for (RawModelServer server : servers) {
            builder.raw("demo", server);
        }
        router = builder.build().start();
    }

    /** Asks something new each time, so that no cache decides who is asked. */
    private HttpAnswer ask() {
        String chat = Requests.chat("demo", 1, false).replace("Say it again", "Say it " + questions++ + " times");
        return RawClient.exchange(router.port(), Requests.post(chat));
    }

    @Test
    void goesElsewhereWhenAnEndpointCannotBeReached() {
        RawModelServer dead = new RawModelServer(connection -> false);
        dead.close();
        RawModelServer alive = new RawModelServer(connection -> {
            connection.send(OK);
            return true;
        });
        startRaw(dead, alive);

        for (int i = 0; i < 30; i++) {
            assertThat(ask().status()).isEqualTo(200);
        }
        assertThat(alive.requests()).hasSize(30);
        assertThat(router.awaitRecords(30))
                .as("the attempts of some, until the breaker leaves the dead one out")
                .extracting(RelayRecord::attempts)
                .contains(2);
    }

    @Test
    void goesElsewhereAfter503() {
        start(2);
        router.server("s0").failNext(100, 503);

        for (int i = 0; i < 10; i++) {
            assertThat(ask().status()).isEqualTo(200);
        }
        assertThat(router.server("s0").snapshot().failedRequests()).isPositive();
        assertThat(router.awaitRecords(10)).extracting(RelayRecord::status).containsOnly(200);
    }

    @Test
    void passesA503OnWhenThereIsNobodyElse() {
        start(1);
        router.server("s0").failNext(1, 503);

        HttpAnswer answer = ask();

        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.text()).contains("failing as told");
        assertThat(router.received()).hasSize(1);
    }

    @Test
    void passesOtherErrorsThroughAndCountsThem() {
        start(1, "bactrian.breaker.window-requests", "3", "bactrian.breaker.min-requests", "3");
        router.server("s0").failNext(3, 500);

        for (int i = 0; i < 3; i++) {
            HttpAnswer answer = ask();
            assertThat(answer.status()).isEqualTo(500);
            assertThat(answer.text()).contains("failing as told");
        }
        assertThat(router.received()).hasSize(3);
        assertThat(router.members(pool -> true).get(0).breaker().isBroken()).isTrue();
        assertThat(router.records())
                .allSatisfy(record -> assertThat(record.attempts()).isEqualTo(1));
    }

    @Test
    void takesNoFaultInAnswersThatBlameTheClient() {
        start(1, "bactrian.breaker.window-requests", "3", "bactrian.breaker.min-requests", "3");
        router.server("s0").failNext(6, 429);

        for (int i = 0; i < 6; i++) {
            assertThat(ask().status()).isEqualTo(429);
        }
        assertThat(router.members(pool -> true).get(0).breaker().isBroken()).isFalse();
    }

    @Test
    void neverSendsAgainAfterATimeout() {
        start(2);
        router.server("s0").hang(java.time.Duration.ofSeconds(3));
        router.server("s1").hang(java.time.Duration.ofSeconds(3));

        HttpAnswer answer = ask();

        assertThat(answer.status()).isEqualTo(504);
        assertThat(answer.text()).contains("upstream_timeout");
        assertThat(router.awaitRecords(1).get(0).attempts()).isEqualTo(1);
    }

    @Test
    void opensAFreshConnectionWhenAKeptOneWasClosed() {
        AtomicInteger refused = new AtomicInteger();
        RawModelServer server = new RawModelServer(connection -> {
            if (connection.served() > 1) {
                refused.incrementAndGet();
                return false; // closed without a byte, as a server does whose keep-alive ended at that moment
            }
            connection.send(OK);
            return true;
        });
        startRaw(server);

        for (int i = 0; i < 6; i++) {
            assertThat(ask().status()).isEqualTo(200);
        }
        assertThat(refused.get()).isPositive();
        assertThat(router.members(pool -> true).get(0).breaker().isBroken())
                .as("no fault of the endpoint")
                .isFalse();
        assertThat(router.awaitRecords(6)).extracting(RelayRecord::attempts).containsOnly(1);
    }

    @Test
    void opensOneFreshConnectionAndNoMore() {
        AtomicInteger asked = new AtomicInteger();
        RawModelServer server = new RawModelServer(connection -> {
            if (asked.incrementAndGet() > 1) {
                return false;
            }
            connection.send(OK);
            return true;
        });
        startRaw(server);

        assertThat(ask().status()).isEqualTo(200);
        assertThat(ask().status()).isEqualTo(502);
        assertThat(asked).hasValue(3);
    }

    @Test
    void sendsNothingAgainOnceAByteHasCome() {
        AtomicInteger asked = new AtomicInteger();
        RawModelServer server = new RawModelServer(connection -> {
            if (asked.incrementAndGet() > 1) {
                connection.send("H");
                return false;
            }
            connection.send(OK);
            return true;
        });
        startRaw(server);

        assertThat(ask().status()).isEqualTo(200);
        assertThat(ask().status()).isEqualTo(502);
        assertThat(asked).hasValue(2);
    }

    @Test
    void triesTwoOthersAndNoMore() {
        start(5);
        for (int i = 0; i < 5; i++) {
            router.server("s" + i).failNext(100, 503);
        }

        assertThat(ask().status()).isEqualTo(503);
        assertThat(router.received()).hasSize(3);
        assertThat(router.awaitRecords(1).get(0).attempts()).isEqualTo(3);
    }

    @Test
    void keepsRetriesToAShareOfTheTraffic() {
        start(2);
        router.server("s0").failNext(10_000, 503);
        router.server("s1").failNext(10_000, 503);

        for (int i = 0; i < 100; i++) {
            assertThat(ask().status()).isEqualTo(503);
        }
        assertThat(router.received()).as("100, a reserve of 10, and a tenth").hasSizeBetween(115, 120);
    }

    @Test
    void recoversWithinSecondsWhenAllEndpointsFailed() {
        start(
                4,
                "bactrian.breaker.window-requests",
                "20",
                "bactrian.breaker.min-requests",
                "5",
                "bactrian.breaker.open-for",
                "500ms");
        List<SimulatedModelServer> servers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            servers.add(router.server("s" + i));
        }
        servers.forEach(server -> server.failNext(1_000_000, 500));
        int asked = askFor(10_000, 500);
        servers.forEach(server -> server.failNext(0, 500));

        long healthyAt = System.nanoTime();
        // Whatever was learnt while all failed must be unlearnt: no endpoint may stay left out.
        await().atMost(5, TimeUnit.SECONDS)
                .pollInterval(java.time.Duration.ofMillis(50))
                .until(() -> {
                    ask();
                    return router.members(pool -> true).stream()
                            .noneMatch(member -> member.breaker().isBroken());
                });
        assertThat(System.nanoTime() - healthyAt).isLessThan(TimeUnit.SECONDS.toNanos(5));
        int failed = 0;
        for (int i = 0; i < 200; i++) {
            failed += ask().status() == 200 ? 0 : 1;
        }
        assertThat(failed).as("of 200").isLessThanOrEqualTo(2);
        int requests = router.awaitRecords(asked + 200).size();
        assertThat(router.received()).hasSizeLessThanOrEqualTo((int) (1.2 * requests));
    }

    /** Asks for {@code millis}, expecting {@code status}, and returns how often. */
    private int askFor(long millis, int status) {
        int asked = 0;
        for (long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis); System.nanoTime() < end; asked++) {
            assertThat(ask().status()).isEqualTo(status);
        }
        return asked;
    }

    @Test
    void leavesABrokenEndpointOutAndTakesItBackAfterAProbe() {
        start(
                4,
                "bactrian.breaker.window-requests",
                "10",
                "bactrian.breaker.min-requests",
                "5",
                "bactrian.breaker.open-for",
                "500ms",
                "bactrian.breaker.probes",
                "1");
        SimulatedModelServer broken = router.server("s0");
        broken.failNext(1_000_000, 500);
        await().atMost(10, TimeUnit.SECONDS)
                .pollInterval(java.time.Duration.ofMillis(1))
                .until(() -> {
                    ask();
                    return router.members(pool -> true).get(0).breaker().isBroken();
                });
        long failedBefore = broken.snapshot().failedRequests();
        int wrong = 0;
        for (int i = 0; i < 40; i++) {
            wrong += ask().status() == 200 ? 0 : 1;
        }
        assertThat(wrong).as("probes at most").isLessThanOrEqualTo(2);
        assertThat(broken.snapshot().failedRequests() - failedBefore).isLessThanOrEqualTo(2);

        broken.failNext(0, 500);
        await().atMost(5, TimeUnit.SECONDS)
                .pollInterval(java.time.Duration.ofMillis(20))
                .until(() -> {
                    ask();
                    return broken.snapshot().completedRequests() > 0
                            && !router.members(pool -> true).get(0).breaker().isBroken();
                });
    }
}
