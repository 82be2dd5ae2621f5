package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.fixture.StreamClient;
import io.netty.channel.EventLoopGroup;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(60)
class SlowReaderJourneyTest {
    private static final int BULK_EVENTS = 30_000;
    private static final String BULK_EVENT = "data: {\"x\":\"" + "y".repeat(1000) + "\"}\n\n";
    private static final AtomicLong BULKED = new AtomicLong();

    /** Its chunks are small, so that a pause comes between two chunks of one read. */
    private static final RawModelServer BULK = new RawModelServer(connection -> {
        connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
        String chunk = Integer.toHexString(BULK_EVENT.length()) + "\r\n" + BULK_EVENT + "\r\n";
        for (int i = 0; i < BULK_EVENTS; i += 100) {
            connection.send(chunk.repeat(100));
            BULKED.incrementAndGet();
        }
        connection.send("e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n");
        return true;
    });

    @RegisterExtension
    static final RouterFixture ROUTER = RouterFixture.builder()
            .raw("bulk", BULK)
            .property("bactrian.metrics.interval", "1m")
            .property("bactrian.metrics.stale-after", "2m")
            .property("bactrian.upstream.idle-timeout", "1500ms")
            .build();

    private static final EventLoopGroup THREADS = StreamClient.threads();

    @AfterAll
    static void closeThreads() {
        THREADS.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }

    @Test
    void blamesNoModelServerForAClientThatPauses() throws Exception {
        StreamClient client =
                StreamClient.sendAndStall(THREADS, ROUTER.port(), Requests.post(Requests.chat("bulk", 1, true)));
        long[] last = {-1};
        await().pollInterval(Duration.ofMillis(300)).until(() -> {
            boolean still = BULKED.get() == last[0];
            last[0] = BULKED.get();
            return still && last[0] > 0;
        });
        await().during(Duration.ofMillis(2500)).atMost(Duration.ofSeconds(5)).until(() -> ROUTER.reserved("bulk") == 1);

        client.readOn();

        assertThat(client.whole().get(20, TimeUnit.SECONDS))
                .endsWith("data: [DONE]\n\n")
                .doesNotContain("error")
                .hasSize(BULK_EVENTS * BULK_EVENT.length() + "data: [DONE]\n\n".length());
        client.leave(false);
    }
}
