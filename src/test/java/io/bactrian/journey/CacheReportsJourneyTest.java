package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What model servers report to have found in their caches corrects what the router takes them to hold. */
@Timeout(60)
class CacheReportsJourneyTest {
    private static final String PROMPT = "long ago ".repeat(200); // 450 tokens of four bytes, eight blocks of 64
    private static final AtomicReference<String> USAGE = new AtomicReference<>("");

    private static RawModelServer server() {
        return new RawModelServer(connection -> {
            String body = "{\"choices\":[]" + USAGE.get() + "}";
            connection.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + body.length()
                    + "\r\n\r\n" + body);
            return true;
        });
    }

    @RegisterExtension
    static final RouterFixture ROUTER =
            RouterFixture.builder().raw("m", server()).raw("n", server()).build();

    @Test
    void anEndpointThatNeverReportsAHitIsTakenToHoldNothing() {
        USAGE.set(",\"usage\":{\"prompt_tokens\":451,\"completion_tokens\":1,\"total_tokens\":452,"
                + "\"prompt_tokens_details\":{\"cached_tokens\":0}}");
        for (int i = 0; i < 4; i++) {
            ask();
        }

        // The first is new, the next two are taken for hits and miss, for the last one block of doubt is left.
        assertThat(metric("bactrian_prefix_tokens_total", "source=\"reported\""))
                .isZero();
        assertThat(metric("bactrian_prefix_tokens_total", "source=\"predicted\""))
                .isBetween(2 * 451.0, 2 * 451.0 + 65);
        assertThat(metric("bactrian_prefix_blocks_dropped_total", "")).isEqualTo(7);

        USAGE.set("");
        ask();
        assertThat(metric("bactrian_prefix_blocks_dropped_total", ""))
                .as("absent is not 0")
                .isEqualTo(7);
    }

    @Test
    void whoPrefersACachedPromptGetsOneOr412() {
        USAGE.set("");
        String body = "{\"model\":\"n\",\"prompt\":\"" + "once ".repeat(200) + "\"}";

        HttpAnswer refused = RawClient.exchange(
                ROUTER.port(), Requests.postTo("/v1/completions", body, "Prefer: respond-async, if-available"));
        assertThat(refused.status()).isEqualTo(412);
        assertThat(refused.text()).contains("no decode worker has the requested KV cache");

        RawClient.exchange(ROUTER.port(), Requests.postTo("/v1/completions", body));
        HttpAnswer served =
                RawClient.exchange(ROUTER.port(), Requests.postTo("/v1/completions", body, "Prefer: if-available"));
        assertThat(served.status()).isEqualTo(200);
    }

    private static void ask() {
        String body = "{\"model\":\"m\",\"prompt\":\"" + PROMPT + "\"}";
        assertThat(RawClient.exchange(ROUTER.port(), Requests.postTo("/v1/completions", body))
                        .status())
                .isEqualTo(200);
        ROUTER.awaitQuiet();
    }

    private static double metric(String name, String label) {
        return ROUTER.router()
                .application()
                .meters()
                .scrape()
                .lines()
                .filter(line -> line.startsWith(name + "{") && line.contains(label))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }
}
