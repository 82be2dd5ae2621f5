package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bactrian.fixture.AtomicFile;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Endpoints that say that they are not alive while nobody asks them anything. */
@Timeout(60)
class HealthJourneyTest {
    private static final String RANDOM =
            "apiVersion: llm-d.ai/v1alpha1\nkind: EndpointPickerConfig\nplugins: [{type: random-picker}]";
    private static final AtomicBoolean ONE_IS_ALIVE = new AtomicBoolean(true);
    private static final AtomicBoolean OTHER_IS_ALIVE = new AtomicBoolean(true);
    private static final RawModelServer ONE = answering().showing("/health", () -> page(ONE_IS_ALIVE));
    private static final RawModelServer OTHER = answering().showing("/health", () -> page(OTHER_IS_ALIVE));
    private static final RawModelServer WITHOUT_PAGE = answering();

    @RegisterExtension
    static final RouterFixture ROUTER = RouterFixture.builder()
            .raw("m", ONE)
            .raw("m", OTHER)
            .raw("m", WITHOUT_PAGE)
            .property(
                    "bactrian.pools.m.scheduling-file",
                    AtomicFile.create(RANDOM).toString())
            .property("bactrian.health.interval", "5ms")
            .property("bactrian.health.successes", "2")
            .build();

    private static RawModelServer answering() {
        return new RawModelServer(connection -> {
            connection.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
            return true;
        });
    }

    private static @Nullable String page(AtomicBoolean alive) {
        return alive.get() ? "" : null;
    }

    @Test
    void anEndpointThatIsNotAliveGetsNoRequestUntilItIsBack() {
        ONE_IS_ALIVE.set(false);
        await().until(() -> alive() == 2);
        ONE.clear();
        ask(30);
        assertThat(ONE.requests()).isEmpty();
        assertThat(WITHOUT_PAGE.requests()).as("no such page is no failure").isNotEmpty();

        ONE_IS_ALIVE.set(true);
        await().until(() -> alive() == 3);
        await().until(() -> {
            ask(1);
            return !ONE.requests().isEmpty();
        });
    }

    @Test
    void whenMostAreSaidToBeDeadAllAreTried() {
        ONE_IS_ALIVE.set(false);
        OTHER_IS_ALIVE.set(false);
        await().until(() -> alive() == 1);
        ONE.clear();
        OTHER.clear();

        await().until(() -> {
            ask(1);
            return !ONE.requests().isEmpty() && !OTHER.requests().isEmpty();
        });

        ONE_IS_ALIVE.set(true);
        OTHER_IS_ALIVE.set(true);
        await().until(() -> alive() == 3);
    }

    private static long alive() {
        return ROUTER.members(pool -> true).stream()
                .filter(member -> member.breaker().wouldPermit())
                .count();
    }

    private static void ask(int times) {
        for (int i = 0; i < times; i++) {
            assertThat(RawClient.exchange(ROUTER.port(), Requests.post(Requests.chat("m", 1, false)))
                            .status())
                    .isEqualTo(200);
        }
    }
}
