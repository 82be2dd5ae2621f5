package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bactrian.fixture.AtomicFile;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A scheduling file that changes while requests are served. */
@Timeout(120)
class ReloadJourneyTest {
    private static final String HEAD = "apiVersion: llm-d.ai/v1alpha1\nkind: EndpointPickerConfig\n";
    private static final Path FILE = AtomicFile.create(queue());
    private static final RawModelServer SERVER = new RawModelServer(connection -> {
        connection.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
        return true;
    });

    @RegisterExtension
    static final RouterFixture ROUTER = RouterFixture.builder()
            .raw("m", SERVER)
            .property("bactrian.pools.m.scheduling-file", FILE.toString())
            .property("bactrian.pools.m.file-check-interval", "5ms")
            .build();

    @Test
    void aNewFileTakesOverBetweenTwoRequests() throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger asked = new AtomicInteger();
        Set<Integer> statuses = ConcurrentHashMap.newKeySet();
        ExecutorService clients = Executors.newFixedThreadPool(2);
        try {
            Runnable load = () -> {
                while (!stop.get()) {
                    statuses.add(ask());
                    asked.incrementAndGet();
                }
            };
            Future<?> one = clients.submit(load);
            Future<?> other = clients.submit(load);
            for (int swap = 0; swap < 20; swap++) {
                long before = generation();
                int served = asked.get();
                AtomicFile.replace(FILE, (swap % 2 == 0 ? random() : queue()) + "\n# change " + swap);
                await().until(() -> generation() == before + 1 && asked.get() > served + 10);
            }
            stop.set(true);
            one.get();
            other.get();
        } finally {
            stop.set(true);
            clients.shutdownNow();
        }

        assertThat(statuses).containsExactly(200);
    }

    @Test
    void aBadFileChangesNothingAndIsCounted() {
        long before = generation();

        AtomicFile.replace(FILE, HEAD + "plugins: [{type: nonsense}]");
        await().until(() -> refused() >= 1);
        assertThat(ask()).isEqualTo(200);
        assertThat(generation()).isEqualTo(before);

        AtomicFile.replace(FILE, HEAD + "featureGates: [flowControl]");
        await().until(() -> refused() >= 2);
        assertThat(generation()).isEqualTo(before);

        AtomicFile.replace(FILE, random());
        await().until(() -> generation() == before + 1);
    }

    private static long generation() {
        return ROUTER.router().application().pools().get(0).scheduler().generation();
    }

    private static double refused() {
        return ROUTER.router()
                .application()
                .meters()
                .counter("bactrian_configuration_reloads", "pool", "m", "result", "refused")
                .count();
    }

    private static int ask() {
        return askWith("X-Any: thing");
    }

    private static int askWith(String header) {
        return RawClient.exchange(ROUTER.port(), Requests.post(Requests.chat("m", 1, false), header))
                .status();
    }

    private static String queue() {
        return HEAD + "plugins: [{type: queue-scorer}]";
    }

    private static String random() {
        return HEAD + "plugins: [{type: random-picker}]";
    }
}
