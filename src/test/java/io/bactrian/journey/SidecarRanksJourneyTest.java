package io.bactrian.journey;

import static io.bactrian.fixture.RawModelServer.answering;
import static io.bactrian.fixture.RawModelServer.sending;
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
    private final List<RawModelServer> prefill = pair();
    private final RouterFixture sidecar = new SidecarUnderTest(engine.get(0))
            .closing(engine.get(1))
            .allowing(prefill.get(0))
            .closing(prefill.get(1))
            .property("bactrian.sidecar.data-parallel-size", "2")
            .property("bactrian.sidecar.pod-ip", "10.0.0.21")
            .property("bactrian.sidecar.enable-ssrf-protection", "false") // for peers; this machine's ports stay closed
            .split("kv-connector", "offloading")
            .start();

    /** Starts two servers on ports that follow each other. */
    private static List<RawModelServer> pair() {
        for (int attempt = 0; attempt < 50; attempt++) {
            RawModelServer first = answering(saying("first"));
            RawModelServer second = RawModelServer.at(first.port() + 1, sending(saying("second")));
            if (second != null) {
                return List.of(first, second);
            }
            first.close();
        }
        throw new IllegalStateException("no two ports in a row");
    }

    private static String saying(String who) {
        return json(200, "{\"who\":\"" + who + "\"}");
    }

    @AfterEach
    void close() {
        sidecar.closeWhenQuiet();
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

    @Test
    void ofAServerThatIsListedEveryRankMayComputePrompts() {
        String header = "x-prefiller-host-port: 127.0.0.1:";

        assertThat(ask(sidecar.port(), header + prefill.get(1).port())).contains("first");
        assertThat(ask(sidecar.port(), header + (prefill.get(1).port() + 1))).contains("\"code\":\"forbidden\"");

        assertThat(prefill.get(0).requests()).isEmpty();
        assertThat(prefill.get(1).requests()).hasSize(1);
    }

    /** Ports behind the first stand for ranks here as they do at the peer. */
    @Test
    void cachedBlocksAreLoadedFromTheRankThatIsNamed() {
        String header = "x-kv-cache-source-host-port: 192.0.2.1:";

        ask(sidecar.port(), header + sidecar.port());
        ask(sidecar.port(), header + (sidecar.port() + 1));
        ask(sidecar.port(), header + (sidecar.port() + 2));

        assertThat(engine.get(0).requests())
                .satisfiesExactly(
                        first -> assertThat(first).contains("\"remote_host\":\"192.0.2.1\",\"remote_port\":7777}"),
                        second -> assertThat(second).contains("\"remote_host\":\"192.0.2.1\",\"remote_port\":7778}"),
                        none -> assertThat(none).contains("\"remote_host\":\"192.0.2.1\",\"remote_port\":7777}"));
    }

    @Test
    void thisPodIsNoSourceOfItsOwn() {
        ask(sidecar.port(), "x-kv-cache-source-host-port: 10.0.0.21:" + sidecar.port());

        assertThat(engine.get(0).requests()).hasSize(1);
        assertThat(engine.get(0).requests().get(0)).doesNotContain("remote_kv_source");
    }
}
