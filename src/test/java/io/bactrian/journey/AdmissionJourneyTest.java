package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bactrian.fixture.AtomicFile;
import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Who is let in while the model server's queue is short and while it is long. */
@Timeout(60)
class AdmissionJourneyTest {
    private static final AtomicInteger WAITING = new AtomicInteger();
    private static final Path OBJECTIVES = AtomicFile.create(resource("batch", -1));

    private static final RawModelServer SERVER = new RawModelServer(connection -> {
                connection.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
                return true;
            })
            .showing(() -> "vllm:num_requests_waiting " + WAITING.get()
                    + "\nvllm:num_requests_running 1\nvllm:kv_cache_usage_perc 0.1\n");

    @RegisterExtension
    static final RouterFixture ROUTER = RouterFixture.builder()
            .raw("m", SERVER)
            .property("bactrian.metrics.interval", "5ms")
            .property("bactrian.objectives.file", OBJECTIVES.toString())
            .property("bactrian.objectives.check-interval", "5ms")
            .build();

    private static String resource(String name, int priority) {
        return "apiVersion: llm-d.ai/v1alpha2\nkind: InferenceObjective\nmetadata: {name: " + name
                + "}\nspec: {priority: " + priority + "}\n";
    }

    @BeforeEach
    void calm() {
        reportWaiting(0);
    }

    @Test
    void whatIsSheddableIsRefusedWhileTheQueueIsLong() {
        assertThat(ask("x-llm-d-inference-objective: batch").status()).isEqualTo(200);

        reportWaiting(5);
        HttpAnswer refused = ask("x-llm-d-inference-objective: batch");
        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.header("x-llm-d-request-dropped-reason")).hasValue("rejected-saturated");
        assertThat(refused.header("retry-after")).hasValue("1");
        assertThat(refused.text()).contains("system saturated, sheddable request dropped");
        assertThat(ask("x-gateway-inference-objective: batch").status()).isEqualTo(429);

        reportWaiting(4);
        assertThat(ask("x-llm-d-inference-objective: batch").status()).isEqualTo(200);
    }

    @Test
    void everythingElsePassesHoweverLongTheQueueIs() {
        reportWaiting(500);

        assertThat(ask("x-llm-d-inference-objective: unknown").status()).isEqualTo(200);
        assertThat(ask("X-Any: thing").status()).isEqualTo(200);
    }

    @Test
    void aChangedFileIsInForceWithoutARestartAndABadOneChangesNothing() {
        reportWaiting(5);
        try {
            AtomicFile.replace(OBJECTIVES, resource("batch", 1));
            await().until(() -> ask("x-llm-d-inference-objective: batch").status() == 200);

            AtomicFile.replace(OBJECTIVES, resource("other", -1));
            await().until(() -> ask("x-llm-d-inference-objective: other").status() == 429);

            AtomicFile.replace(OBJECTIVES, "kind: nonsense");
            assertThat(ask("x-llm-d-inference-objective: other").status()).isEqualTo(429);
        } finally {
            AtomicFile.replace(OBJECTIVES, resource("batch", -1));
            await().until(() -> ask("x-llm-d-inference-objective: batch").status() == 429);
        }
    }

    private static HttpAnswer ask(String header) {
        return RawClient.exchange(ROUTER.port(), Requests.post(Requests.chat("m", 1, false), header));
    }

    private static void reportWaiting(int requests) {
        WAITING.set(requests);
        await().until(() ->
                ROUTER.members(pool -> true).get(0).metrics().waitingRequests().value() == requests
                        && ROUTER.members(pool -> true).get(0).load().requestsSinceReport() == 0);
    }
}
