package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bactrian.fixture.AtomicFile;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Endpoints that join and leave while requests are served. */
@Timeout(60)
class EndpointsFileJourneyTest {
    private static final RawModelServer ONE = answering();
    private static final RawModelServer OTHER = answering();
    private static final Path FILE = AtomicFile.create(listing(ONE));

    @RegisterExtension
    static final RouterFixture ROUTER = RouterFixture.builder()
            .property("bactrian.pools.m.models", "m")
            .property("bactrian.pools.m.endpoints-file", FILE.toString())
            .property("bactrian.pools.m.file-check-interval", "5ms")
            .property("bactrian.metrics.interval", "5ms")
            .build();

    private static RawModelServer answering() {
        return new RawModelServer(connection -> {
                    connection.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
                    return true;
                })
                .showing(() ->
                        "vllm:num_requests_waiting 0\nvllm:num_requests_running 0\nvllm:kv_cache_usage_perc 0.5\n");
    }

    @AfterAll
    static void close() {
        ONE.close();
        OTHER.close();
    }

    @Test
    void endpointsJoinAndLeaveAndThoseWhoStayKeepWhatIsKnown() {
        assertThat(ask()).isEqualTo(200);
        var stays = ROUTER.members(pool -> true).get(0).load();

        AtomicFile.replace(FILE, listing(ONE, OTHER));
        await().until(() -> ROUTER.members(pool -> true).size() == 2);
        assertThat(ROUTER.members(pool -> true).get(0).load()).isSameAs(stays);
        await("the new one's page is read").until(() -> ROUTER.members(pool -> true)
                .get(1)
                .metrics()
                .waitingRequests()
                .isPresent());

        AtomicFile.replace(FILE, listing(OTHER));
        await().until(() -> ROUTER.members(pool -> true).size() == 1);
        OTHER.clear();
        assertThat(ask()).isEqualTo(200);
        assertThat(OTHER.requests()).hasSize(1);

        AtomicFile.replace(FILE, listing(ONE));
        await().until(() ->
                ROUTER.members(pool -> true).get(0).endpoint().address().getPort() == ONE.port());
        assertThat(ROUTER.members(pool -> true).get(0).load())
                .as("it begins anew")
                .isNotSameAs(stays);
        assertThat(ask()).isEqualTo(200);
    }

    private static int ask() {
        return RawClient.exchange(ROUTER.port(), Requests.post(Requests.chat("m", 1, false)))
                .status();
    }

    private static String listing(RawModelServer... servers) {
        return Arrays.stream(servers)
                .map(server -> "- {name: at-" + server.port() + ", address: 127.0.0.1, port: " + server.port() + "}\n")
                .collect(Collectors.joining("", "endpoints:\n", ""));
    }
}
