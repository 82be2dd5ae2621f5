package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bactrian.endpoint.EndpointRole;
import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.fixture.SplitPool;
import io.bactrian.simulator.SharedKvStore;
import io.bactrian.simulator.SimulatedModelServer;
import io.bactrian.simulator.SimulatedModelServerOptions;
import io.bactrian.simulator.TransferSnapshot;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Prefill here, decode there, against servers that really hand blocks over and count what is left behind. */
@Timeout(120)
class SimulatedSplitJourneyTest {
    private static final String WORDS = "one two three four five six seven eight nine ten eleven twelve ".repeat(12);

    @TempDir
    private Path dir = Path.of("");

    private final List<SimulatedModelServer> servers = new ArrayList<>();
    private final SharedKvStore store = new SharedKvStore(100_000);
    private RouterFixture router = RouterFixture.builder().build();

    @AfterEach
    void close() {
        router.awaitQuiet();
        router.close();
        servers.forEach(SimulatedModelServer::close);
    }

    private SimulatedModelServer server(EndpointRole role) {
        SimulatedModelServer server = SimulatedModelServer.builder()
                .options(SimulatedModelServerOptions.builder()
                        .models("demo")
                        .role(role)
                        .sharedKv(store)
                        .build())
                .start();
        servers.add(server);
        return server;
    }

    private SplitPool pool(String connector, SimulatedModelServer prefill, SimulatedModelServer decode) {
        String port = String.valueOf(prefill.transferPort());
        return new SplitPool(dir)
                .split("kv-connector", connector)
                .split("sglang-bootstrap-port", port)
                .split("mooncake-bootstrap-port", port)
                .split("p2p-port", port)
                .split("lmcache.init-port", String.valueOf(decode.transferPort()))
                .at("prefill", prefill.port())
                .at("decode", decode.port());
    }

    private static String chat(int number, boolean stream) {
        return "{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":\"Request " + number + ": " + WORDS
                + "\"}],\"max_tokens\":6,\"ignore_eos\":true,\"stream\":" + stream
                + (stream ? ",\"stream_options\":{\"include_usage\":true}" : "") + "}";
    }

    @ParameterizedTest
    @ValueSource(strings = {"nixlv2", "sglang", "mooncake", "offloading", "shared-storage"})
    void blocksReachTheEndpointThatAnswersAndNoneIsLeftBehind(String connector) {
        SimulatedModelServer prefill = server(EndpointRole.PREFILL);
        SimulatedModelServer decode = server(EndpointRole.DECODE);
        router = pool(connector, prefill, decode).start();

        for (int i = 0; i < 6; i++) {
            HttpAnswer answer = RawClient.exchange(router.port(), Requests.post(chat(i, i % 2 == 1)));
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.text()).contains("\"completion_tokens\":6");
            assertThat(answer.complete()).isTrue();
        }

        TransferSnapshot read = decode.transfers();
        assertThat(read.loads()).as("loads of " + connector).isGreaterThanOrEqualTo(6);
        assertThat(read.failedLoads()).isZero();
        assertNothingLeft(prefill);
    }

    @Test
    void whatIsEncodedApartIsFetchedWhereThePromptIsComputed() {
        SimulatedModelServer firstEncoder = server(EndpointRole.ENCODE);
        SimulatedModelServer secondEncoder = server(EndpointRole.ENCODE);
        SimulatedModelServer prefill = server(EndpointRole.PREFILL);
        SimulatedModelServer decode = server(EndpointRole.DECODE);
        router = pool("nixlv2", prefill, decode)
                .at("encode", firstEncoder.port())
                .at("encode", secondEncoder.port())
                .start();
        String pictures = "{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://x/a.png\"}},"
                + "{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://x/b.png\"}}";

        HttpAnswer answer = RawClient.exchange(
                router.port(),
                Requests.post("{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":[" + pictures
                        + ",{\"type\":\"text\",\"text\":\"" + WORDS + "\"}]}],\"max_tokens\":6,\"ignore_eos\":true}"));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(firstEncoder.transfers().encodedItems()).isOne();
        assertThat(secondEncoder.transfers().encodedItems()).isOne();
        assertThat(prefill.transfers().encoderReads()).isEqualTo(2);
        assertThat(prefill.transfers().encoderMisses()).isZero();
        assertThat(prefill.transfers().encodedItems()).isZero();
        assertNothingLeft(prefill);
    }

    private static String completion(int number, boolean stream) {
        return "{\"model\":\"demo\",\"prompt\":\"Request " + number + ": " + WORDS
                + "\",\"max_tokens\":6,\"ignore_eos\":true,\"stream\":" + stream
                + (stream ? ",\"stream_options\":{\"include_usage\":true}" : "") + "}";
    }

    /** What the prefill server has pushed is read where the rest is generated; what is not, counts as left behind there. */
    @Test
    void pushedBlocksAreReadByTheEndpointThatGoesOn() {
        SimulatedModelServer prefill = server(EndpointRole.PREFILL);
        SimulatedModelServer decode = server(EndpointRole.DECODE);
        router = pool("lmcache", prefill, decode).start();

        for (int i = 0; i < 6; i++) {
            HttpAnswer answer =
                    RawClient.exchange(router.port(), Requests.postTo("/v1/completions", completion(i, i % 2 == 1)));
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.text()).contains("\"completion_tokens\":6");
            assertThat(answer.complete()).isTrue();
        }

        assertThat(decode.transfers().loads()).isEqualTo(6);
        assertNothingLeft(prefill);
        assertNothingLeft(decode);
    }

    @Test
    void whatWasPushedIsUsedUpWhenThereIsNothingLeftToDecode() {
        SimulatedModelServer prefill = server(EndpointRole.PREFILL);
        SimulatedModelServer decode = server(EndpointRole.DECODE);
        router = pool("lmcache", prefill, decode).start();

        HttpAnswer answer = RawClient.exchange(
                router.port(),
                Requests.postTo(
                        "/v1/completions", completion(0, false).replace("\"max_tokens\":6", "\"max_tokens\":1")));

        assertThat(answer.text()).contains("\"completion_tokens\":1,").doesNotContain("first_tok");
        await().until(() -> decode.transfers().loads() == 1);
        assertNothingLeft(decode);
    }

    private static void assertNothingLeft(SimulatedModelServer prefill) {
        await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> {
            TransferSnapshot kept = prefill.transfers();
            assertThat(kept.pinnedBlocks()).as("blocks held").isZero();
            assertThat(kept.secondReads()).as("blocks fetched twice").isZero();
            assertThat(kept.expiredReads()).as("stale blocks fetched").isZero();
            assertThat(kept.reusedRooms()).as("rooms used twice").isZero();
            assertThat(kept.mismatches()).as("blocks of another prompt").isZero();
        });
    }

    /** A hundred at once, of whom some leave at any moment: nothing stays held, and who stays is served. */
    @ParameterizedTest
    @ValueSource(strings = {"nixlv2", "sglang", "mooncake", "lmcache"})
    void clientsThatLeaveAtAnyMomentLeaveNothingBehind(String connector) throws Exception {
        SimulatedModelServer prefill = server(EndpointRole.PREFILL);
        SimulatedModelServer decode = server(EndpointRole.DECODE);
        router = pool(connector, prefill, decode).start();
        long seed = System.nanoTime();
        System.out.println("seed: " + seed);
        Random random = new Random(seed);
        ExecutorService clients = Executors.newFixedThreadPool(100);
        List<Future<Boolean>> served = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            boolean stream = random.nextBoolean();
            String request = connector.equals("lmcache")
                    ? Requests.postTo("/v1/completions", completion(i, stream))
                    : Requests.post(chat(i, stream));
            int leavesAfterBytes = random.nextInt(3) == 0 ? random.nextInt(400) : -1;
            served.add(clients.submit(() -> serves(request, leavesAfterBytes)));
        }
        for (Future<Boolean> one : served) {
            assertThat(one.get()).isTrue();
        }
        clients.shutdown();

        router.awaitQuiet();
        assertNothingLeft(prefill);
        assertNothingLeft(decode);
        await().until(() -> decode.snapshot().isIdle() && prefill.snapshot().isIdle());
    }

    /** Tells whether the request was served; one that leaves after so many bytes of its answer, 0 for before any, always is. */
    private boolean serves(String request, int leavesAfterBytes) {
        try (RawClient client = RawClient.connect(router.port())) {
            client.send(request);
            if (leavesAfterBytes >= 0) {
                client.bytes(leavesAfterBytes);
                return true;
            }
            HttpAnswer answer = client.read();
            return answer.status() == 200 && answer.complete();
        }
    }
}
