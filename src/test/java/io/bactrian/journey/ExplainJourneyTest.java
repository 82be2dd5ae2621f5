package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.Bactrian;
import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.fixture.RouterProcess;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Why an endpoint was chosen, asked through the operations port. */
@Timeout(60)
class ExplainJourneyTest {
    private static final int OPERATIONS = RouterProcess.freePort();
    private static final String SECRET = "the-word-nobody-may-see";

    @RegisterExtension
    static final RouterFixture ROUTER = RouterFixture.builder()
            .raw("m", answering())
            .raw("m", answering())
            .property("camel.management.enabled", "true")
            .property("camel.management.port", String.valueOf(OPERATIONS))
            .property("bactrian.decisions.explain-header", "true")
            .build();

    private static RawModelServer answering() {
        return new RawModelServer(connection -> {
                    connection.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
                    return true;
                })
                .showing(() ->
                        "vllm:num_requests_waiting 0\nvllm:num_requests_running 0\nvllm:kv_cache_usage_perc 0.5\n");
    }

    @Test
    void aDecisionCanBeLookedUpByTheRequestsId() {
        HttpAnswer served = ask("mine");
        assertThat(served.status()).isEqualTo(200);

        HttpAnswer decision =
                RawClient.exchange(OPERATIONS, Requests.get("/debug/decisions/mine", "Connection: close"));

        assertThat(decision.status()).isEqualTo(200);
        assertThat(decision.text())
                .contains(
                        "\"requestId\" : \"mine\"",
                        "\"pool\" : \"m\"",
                        "\"generation\" : 1",
                        "\"winner\" : \"127.0.0.1:")
                .contains("queue-scorer", "kv-cache-utilization-scorer", "prefix-cache-scorer", "breaker-filter")
                .contains("\"wouldFlip\"")
                .doesNotContain(SECRET);
    }

    @Test
    void oneRequestsDecisionTellsNothingOfAnother() {
        ask("one");
        ask("two");

        HttpAnswer decision = RawClient.exchange(OPERATIONS, Requests.get("/debug/decisions/one", "Connection: close"));

        assertThat(decision.text()).contains("\"one\"").doesNotContain("two");
    }

    @Test
    void whatIsNotKnownIsSaidSo() {
        HttpAnswer unknown =
                RawClient.exchange(OPERATIONS, Requests.get("/debug/decisions/nobody", "Connection: close"));
        assertThat(unknown.status()).isEqualTo(404);
        assertThat(unknown.text()).contains("no decision for request nobody is kept");
        HttpAnswer bad = RawClient.exchange(OPERATIONS, Requests.get("/debug/decisions/a%20b", "Connection: close"));
        assertThat(bad.status()).isEqualTo(400);
    }

    @Test
    void theAnswerSaysWhyIfItIsToldTo() {
        assertThat(ask("header").header("x-bactrian-explain")).hasValueSatisfying(why -> assertThat(why)
                .startsWith("127.0.0.1:")
                .contains(" total=", " queue-scorer=", "x2.0 ", " candidates=2"));
    }

    @Test
    void theCommandPrintsATable() {
        ask("printed");
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();

        int exitCode = Bactrian.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute("explain", "printed", "--url", "http://127.0.0.1:" + OPERATIONS);

        assertThat(err.toString()).isEmpty();
        assertThat(exitCode).isZero();
        assertThat(out.toString())
                .contains(
                        "attempt 1: pool m, configuration 1, 2 candidates",
                        "profile default",
                        "queue-scorer x2.0",
                        "winner: 127.0.0.1:");
        assertThat(Bactrian.commandLine()
                        .setErr(new PrintWriter(err))
                        .execute("explain", "nobody", "--url", "http://127.0.0.1:" + OPERATIONS))
                .isEqualTo(1);
        assertThat(err.toString()).contains("no decision for request nobody is kept");
    }

    private static HttpAnswer ask(String id) {
        return RawClient.exchange(
                ROUTER.port(),
                Requests.post(
                        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" + SECRET + "\"}]}",
                        "X-Request-Id: " + id));
    }
}
