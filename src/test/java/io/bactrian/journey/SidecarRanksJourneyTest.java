package io.bactrian.journey;

import static io.bactrian.fixture.SplitPool.json;
import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.fixture.SidecarUnderTest;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A sidecar beside an engine of two data-parallel ranks, each with a port of its own. */
@Timeout(60)
class SidecarRanksJourneyTest {
    private final List<RawModelServer> engine = pair();
    private final RouterFixture sidecar = new SidecarUnderTest(engine.get(0).port())
            .property("bactrian.sidecar.data-parallel-size", "2")
            .property("bactrian.sidecar.pod-ip", "10.0.0.21")
            .start();

    /** Starts two servers on ports that follow each other. */
    private static List<RawModelServer> pair() {
        for (int attempt = 0; attempt < 50; attempt++) {
            RawModelServer first = new RawModelServer(script("first"));
            RawModelServer second = RawModelServer.at(first.port() + 1, script("second"));
            if (second != null) {
                return List.of(first, second);
            }
            first.close();
        }
        throw new IllegalStateException("no two ports in a row");
    }

    private static RawModelServer.Script script(String who) {
        return connection -> {
            connection.send(json(200, "{\"who\":\"" + who + "\"}"));
            return true;
        };
    }

    @AfterEach
    void close() {
        try {
            sidecar.awaitQuiet();
        } finally {
            sidecar.close();
            engine.forEach(RawModelServer::close);
        }
    }

    private String ask(int port, String... headers) {
        return RawClient.exchange(port, Requests.post(Requests.chat("demo", 1, false), headers))
                .text();
    }

    @Test
    void eachPortLeadsToItsRank() {
        assertThat(ask(sidecar.port())).contains("first");
        assertThat(ask(sidecar.port() + 1)).contains("second");
        assertThat(RawClient.exchange(sidecar.port() + 1, Requests.get("/version"))
                        .text())
                .contains("second");
    }

    @Test
    void theHeaderOfTheRouterWins() {
        String header = "x-data-parallel-host-port: 10.0.0.21:";

        assertThat(ask(sidecar.port(), header + (sidecar.port() + 1))).contains("second");
        assertThat(ask(sidecar.port() + 1, header + sidecar.port())).contains("first");
    }

    @Test
    void aRankThatIsNotThereIsRefused() {
        for (String target : new String[] {
            "10.0.0.21:" + (sidecar.port() + 2), "10.0.0.22:" + sidecar.port(), "10.0.0.21", "10.0.0.21:99999999"
        }) {
            assertThat(ask(sidecar.port(), "x-data-parallel-host-port: " + target))
                    .contains("x-data-parallel-host-port", "\"code\":\"bad_request\"");
        }
    }
}
