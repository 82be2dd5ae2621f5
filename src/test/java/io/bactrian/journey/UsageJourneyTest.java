package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bactrian.api.TokenUsage;
import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.fixture.StreamClient;
import io.bactrian.relay.RelayRecord;
import io.bactrian.request.Finish.Outcome;
import io.bactrian.simulator.ReceivedRequest;
import io.bactrian.simulator.SimulatedModelServerOptions;
import io.bactrian.simulator.engine.ConstantLatency;
import io.bactrian.simulator.engine.SequenceLatency.TokenLatency;
import io.bactrian.simulator.engine.StepLatency;
import io.netty.channel.EventLoopGroup;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The router knows what every answer cost, and the client does not notice. */
@Timeout(60)
class UsageJourneyTest {
    private static final int TOKENS = 12;

    @RegisterExtension
    static final RouterFixture ROUTER = RouterFixture.builder()
            .simulated(
                    "fast",
                    "fast",
                    SimulatedModelServerOptions.builder()
                            .models("fast")
                            .latency(StepLatency.NONE)
                            .prefixCaching(false)
                            .fixedIdentity("twin", 1)
                            .build())
            .simulated(
                    "slow",
                    "slow",
                    SimulatedModelServerOptions.builder()
                            .models("slow")
                            .latency(new ConstantLatency(5e6, 0, new TokenLatency(20e6, 0, 1)))
                            .build())
            .property("bactrian.metrics.interval", "10s")
            .property("bactrian.metrics.stale-after", "20s")
            .build();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\"stream_options\":null,",
                "\"stream_options\":{},",
                "\"stream_options\":{\"include_usage\":false},",
                "\"stream_options\":{\"include_usage\":true},",
                "\"stream_options\":{\"include_usage\":true,\"continuous_usage_stats\":false},",
                "\"stream_options\":{\"continuous_usage_stats\":false},",
                "\"n\":2,",
            })
    void givesTheClientTheBytesOfATwin(String options) {
        String request = Requests.post(Requests.chat("fast", TOKENS, true, options));
        HttpAnswer twin = RawClient.exchange(ROUTER.server("fast").port(), request);

        HttpAnswer answer = RawClient.exchange(ROUTER.port(), request);

        assertThat(twin.status()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo(twin.body());
        assertThat(answer.body().contains("\"usage\"")).isEqualTo(options.contains("\"include_usage\":true"));
        TokenUsage usage = RouterFixture.usage(ROUTER.awaitRecords(1).get(0));
        assertThat(usage.estimated()).isFalse();
        assertThat(usage.completionTokens()).isEqualTo(options.contains("\"n\"") ? 2 * TOKENS : TOKENS);
    }

    @Test
    void asksForNoUsageThatItCouldNotTakeOutAgain() {
        String body = Requests.chat(
                "fast", TOKENS, true, "\"stream_options\":{\"continuous_usage_stats\":true,\"include_usage\":false},");
        String request = Requests.post(body);
        HttpAnswer twin = RawClient.exchange(ROUTER.server("fast").port(), request);

        assertThat(RawClient.exchange(ROUTER.port(), request).body()).isEqualTo(twin.body());
        assertThat(ROUTER.received()).extracting(ReceivedRequest::bodyText).containsOnly(body);
        TokenUsage usage = RouterFixture.usage(ROUTER.awaitRecords(1).get(0));
        assertThat(usage.estimated()).isTrue();
        assertThat(usage.completionTokens())
                .as("within the event that ends the choice")
                .isBetween(TOKENS, TOKENS + 1);
    }

    @Test
    void readsTheUsageOfATextCompletion() {
        String body = "{\"model\":\"fast\",\"prompt\":\"Once upon a time\",\"max_tokens\":7,\"ignore_eos\":true,"
                + "\"temperature\":0,\"stream\":true}";
        String request = Requests.postTo("/v1/completions", body);
        HttpAnswer twin = RawClient.exchange(ROUTER.server("fast").port(), request);

        assertThat(RawClient.exchange(ROUTER.port(), request).body()).isEqualTo(twin.body());
        assertThat(RouterFixture.usage(ROUTER.awaitRecords(1).get(0)).completionTokens())
                .isEqualTo(7);
    }

    @Test
    void readsTheUsageOfAWholeAnswer() {
        HttpAnswer answer = RawClient.exchange(ROUTER.port(), Requests.post(Requests.chat("fast", TOKENS, false)));

        assertThat(answer.text()).contains("\"completion_tokens\":" + TOKENS);
        TokenUsage usage = RouterFixture.usage(ROUTER.awaitRecords(1).get(0));
        assertThat(usage.estimated()).isFalse();
        assertThat(usage.completionTokens()).isEqualTo(TOKENS);
        assertThat(answer.text()).contains("\"prompt_tokens\":" + usage.promptTokens());
    }

    @Test
    void estimatesTheUsageOfAStreamThatTheClientLeft() {
        EventLoopGroup threads = StreamClient.threads();
        try {
            long before = ROUTER.server("slow").snapshot().generatedTokens();
            StreamClient client =
                    StreamClient.send(threads, ROUTER.port(), Requests.post(Requests.chat("slow", 1000, true)));
            await().atMost(10, TimeUnit.SECONDS).until(() -> client.received() > 4000);
            client.leave(true);

            RelayRecord record = ROUTER.awaitRecords(1).get(0);
            await().until(() -> ROUTER.server("slow").snapshot().runningSequences() == 0);
            long generated = ROUTER.server("slow").snapshot().generatedTokens() - before;
            assertThat(record.outcome()).isEqualTo(Outcome.CLIENT_LEFT);
            assertThat(RouterFixture.usage(record).estimated()).isTrue();
            assertThat((long) RouterFixture.usage(record).completionTokens()).isBetween(generated - 1, generated);
        } finally {
            threads.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    @Test
    void estimatesTheUsageOfAStreamThatWasCut() {
        String request = Requests.post(Requests.chat("fast", TOKENS, true));
        String twin = RawClient.exchange(ROUTER.server("fast").port(), request).body();
        String[] events = twin.split("(?<=\n\n)", -1);
        int bytes = 0;
        for (int i = 0; i < 6; i++) {
            bytes += events[i].length();
        }
        ROUTER.server("fast").dieAfterBodyBytes(1, bytes + 3);

        HttpAnswer answer = RawClient.exchange(ROUTER.port(), request);

        assertThat(answer.body()).startsWith(twin.substring(0, bytes) + "data: {\"error\"");
        RelayRecord record = ROUTER.awaitRecords(1).get(0);
        assertThat(record.outcome()).isEqualTo(Outcome.UPSTREAM_CUT);
        assertThat(RouterFixture.usage(record).estimated()).isTrue();
        assertThat(RouterFixture.usage(record).completionTokens())
                .as("five tokens behind the role")
                .isEqualTo(5);
    }
}
