package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bactrian.endpoint.EndpointRole;
import io.bactrian.fixture.FaultyProxy;
import io.bactrian.fixture.FaultyProxy.Fault;
import io.bactrian.fixture.FaultyProxy.Step;
import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.fixture.SplitPool;
import io.bactrian.simulator.SharedKvStore;
import io.bactrian.simulator.SimulatedModelServer;
import io.bactrian.simulator.SimulatedModelServerOptions;
import io.bactrian.simulator.TransferOptions;
import io.bactrian.simulator.TransferSnapshot;
import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * One of two servers of a leg is killed, reset, frozen or slow at each step of its exchange, under a hundred requests at once. Prints a line
 * for each case; {@code checks/split-faults} shows the table.
 */
@Tag("faults")
@Timeout(120)
class SplitFaultsJourneyTest {
    private static final int REQUESTS = 100;
    private static final int TOKENS = 6;
    private static final Duration TIMEOUT = Duration.ofSeconds(2);

    /** Two prefill attempts, then an answer, each as long as its timeout at most, and a margin for a busy machine. */
    private static final Duration DEADLINE = TIMEOUT.multipliedBy(4).plusSeconds(6);

    /** All servers have one address here, so that each needs ports of its own. */
    private static final String PORT_LABELS =
            "sglang.ai/bootstrap-port: 'PORT', bactrian.io/mooncake-bootstrap-port: 'PORT',"
                    + " bactrian.io/p2p-port: 'PORT'";

    private static final String WORDS = "one two three four five six seven eight nine ten eleven twelve ".repeat(4);

    @TempDir
    private Path dir = Path.of("");

    /** What a client has seen. */
    private enum End {
        SERVED,
        /** An error with a status, before anything else. */
        REFUSED,
        /** A stream with an error in place of its end. */
        CUT,
        /** A whole answer that is none, or an end where nothing ended: what must never be. */
        FALSE_END,
        HUNG
    }

    /** @param said the answer, where it was no result */
    private record Outcome(End end, Duration took, String said) {}

    record Case(String connector, EndpointRole leg, Step step, Fault fault) {
        @Override
        public String toString() {
            return connector + ", " + leg + ", " + step + ", " + fault;
        }
    }

    static Stream<Case> cases() {
        return Stream.of("nixlv2", "shared-storage", "sglang", "mooncake", "offloading")
                .flatMap(connector -> Stream.of(EndpointRole.PREFILL, EndpointRole.DECODE)
                        .flatMap(leg -> Stream.of(Step.values()).flatMap(step -> Stream.of(Fault.values())
                                .map(fault -> new Case(connector, leg, step, fault)))));
    }

    @BeforeAll
    static void head() {
        System.out.println("faults | connector | leg | step | fault | broken | served | refused | cut | slowest ms |"
                + " retries | fallbacks | blocks left |");
    }

    @AfterAll
    static void tail() {
        System.out.println("faults | each of " + REQUESTS + " requests at once");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void nothingHangsLeaksOrEndsFalsely(Case of) throws Exception {
        SharedKvStore store = new SharedKvStore(100_000);
        List<SimulatedModelServer> servers = List.of(
                server(EndpointRole.PREFILL, store),
                server(EndpointRole.PREFILL, store),
                server(EndpointRole.DECODE, store),
                server(EndpointRole.DECODE, store));
        int broken = of.leg() == EndpointRole.PREFILL ? 0 : 2;
        try (FaultyProxy proxy = new FaultyProxy(servers.get(broken).port());
                RouterFixture router = pool(of.connector(), servers, broken, proxy.port())) {
            proxy.breakAt(of.step(), of.fault());

            List<Outcome> outcomes = ask(router.port());

            router.awaitQuiet();
            await().atMost(Duration.ofSeconds(20)).until(() -> blocksLeft(servers) == 0);
            print(of, proxy, outcomes, router, blocksLeft(servers));
            assertThat(outcomes).noneMatch(outcome -> outcome.end() == End.HUNG || outcome.end() == End.FALSE_END);
            assertThat(outcomes).allMatch(outcome -> outcome.took().compareTo(DEADLINE) < 0);
            if (of.fault() == Fault.SLOW) {
                assertThat(outcomes).allMatch(outcome -> outcome.end() == End.SERVED);
            }
            if (of.leg() == EndpointRole.PREFILL) {
                // Another prefill endpoint, or the one that answers, does the work.
                assertThat(outcomes).allMatch(outcome -> outcome.end() == End.SERVED);
                if (failsPrefill(of)) {
                    assertThat(retries(router) + fallbacks(router)).isPositive();
                }
            }
            assertThat(proxy.faults()).isPositive();
        } finally {
            servers.forEach(SimulatedModelServer::close);
        }
    }

    /** Whether the fault keeps prefill from being done: not what is only slow, nor the end of one whose answer nobody waits for. */
    private static boolean failsPrefill(Case of) {
        boolean together = of.connector().equals("sglang") || of.connector().equals("mooncake");
        return of.fault() != Fault.SLOW && !(together && of.step() != Step.ASKED);
    }

    private RouterFixture pool(String connector, List<SimulatedModelServer> servers, int broken, int proxied) {
        SplitPool pool = new SplitPool(dir)
                .split("kv-connector", connector)
                .split("prefill-timeout", TIMEOUT.toMillis() + "ms")
                .split("prefill-timeout-per-thousand-tokens", "0s")
                .split("pair-timeout", TIMEOUT.toMillis() + "ms")
                .split("max-fallbacks", "1000")
                .property(
                        "bactrian.upstream.first-byte-timeout",
                        TIMEOUT.multipliedBy(2).toMillis() + "ms")
                .property("bactrian.upstream.idle-timeout", TIMEOUT.toMillis() + "ms");
        for (int i = 0; i < servers.size(); i++) {
            pool.at(
                    i < 2 ? "prefill" : "decode",
                    i == broken ? proxied : servers.get(i).port(),
                    PORT_LABELS.replace("PORT", String.valueOf(servers.get(i).transferPort())));
        }
        return pool.start();
    }

    private static SimulatedModelServer server(EndpointRole role, SharedKvStore store) {
        return SimulatedModelServer.builder()
                .options(SimulatedModelServerOptions.builder()
                        .models("demo")
                        .role(role)
                        .sharedKv(store)
                        .transfers(TransferOptions.DEFAULTS
                                .withLease(Duration.ofSeconds(5))
                                .withTimeouts(Duration.ofSeconds(2), Duration.ofSeconds(2)))
                        .build())
                .start();
    }

    private static List<Outcome> ask(int port) throws InterruptedException, ExecutionException {
        ExecutorService clients = Executors.newFixedThreadPool(REQUESTS);
        try {
            List<Future<Outcome>> asked = new ArrayList<>();
            for (int i = 0; i < REQUESTS; i++) {
                int number = i;
                asked.add(clients.submit(() -> ask(port, number)));
            }
            List<Outcome> outcomes = new ArrayList<>();
            for (Future<Outcome> one : asked) {
                outcomes.add(one.get());
            }
            return outcomes;
        } finally {
            clients.shutdownNow();
        }
    }

    private static Outcome ask(int port, int number) {
        boolean stream = number % 2 == 0;
        String body =
                "{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":\"Request " + number + ": " + WORDS
                        + "\"}],\"max_tokens\":" + TOKENS + ",\"ignore_eos\":true,\"stream\":" + stream
                        + (stream ? ",\"stream_options\":{\"include_usage\":true}" : "") + "}";
        long began = System.nanoTime();
        End end;
        String said;
        try {
            HttpAnswer answer = RawClient.exchange(port, Requests.post(body));
            end = endOf(answer);
            said = end == End.SERVED ? "" : answer.status() + " " + answer.text();
        } catch (UncheckedIOException e) {
            end = e.getCause() instanceof SocketTimeoutException ? End.HUNG : End.CUT;
            said = String.valueOf(e.getMessage());
        }
        return new Outcome(end, Duration.ofNanos(System.nanoTime() - began), said);
    }

    private static End endOf(HttpAnswer answer) {
        boolean isWhole = answer.complete() && answer.text().contains("\"completion_tokens\":" + TOKENS);
        if (answer.status() != 200) {
            return answer.complete() ? End.REFUSED : End.FALSE_END;
        }
        if (isWhole) {
            return End.SERVED;
        }
        boolean saysItIsWhole = answer.text().contains("[DONE]")
                || (answer.complete() && !answer.text().contains("\"error\""));
        return saysItIsWhole ? End.FALSE_END : End.CUT;
    }

    private static int blocksLeft(List<SimulatedModelServer> servers) {
        return servers.stream()
                .map(SimulatedModelServer::transfers)
                .mapToInt(TransferSnapshot::pinnedBlocks)
                .sum();
    }

    private static int retries(RouterFixture router) {
        return sum(router, "bactrian_pd_prefill_retries_total");
    }

    private static int fallbacks(RouterFixture router) {
        return sum(router, "bactrian_pd_fallback_total");
    }

    private static int sum(RouterFixture router, String name) {
        Matcher lines = Pattern.compile("(?m)^" + name + "\\{[^}]*} (\\S+)$")
                .matcher(router.router().application().meters().scrape());
        double sum = 0;
        while (lines.find()) {
            sum += Double.parseDouble(lines.group(1));
        }
        return (int) sum;
    }

    private static void print(
            Case of, FaultyProxy proxy, List<Outcome> outcomes, RouterFixture router, int blocksLeft) {
        long slowest = outcomes.stream()
                .mapToLong(outcome -> outcome.took().toMillis())
                .max()
                .orElse(0);
        System.out.printf(
                "faults | %s | %s | %s | %s | %d | %d | %d | %d | %d | %d | %d | %d |%n",
                of.connector(),
                lower(of.leg()),
                lower(of.step()),
                lower(of.fault()),
                proxy.faults(),
                count(outcomes, End.SERVED),
                count(outcomes, End.REFUSED),
                count(outcomes, End.CUT),
                slowest,
                retries(router),
                fallbacks(router),
                blocksLeft);
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(java.util.Locale.ROOT);
    }

    private static long count(List<Outcome> outcomes, End end) {
        return outcomes.stream().filter(outcome -> outcome.end() == end).count();
    }
}
