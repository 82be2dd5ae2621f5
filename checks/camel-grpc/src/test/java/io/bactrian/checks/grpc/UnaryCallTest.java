package io.bactrian.checks.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.main.Main;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One method, served by one route and called by another, through a socket. */
@Timeout(60)
class UnaryCallTest {
    private static final int CALLS = 200;

    private final Main main = new Main();
    private ProducerTemplate template;

    @BeforeEach
    void start() throws Exception {
        main.setPropertyPlaceholderLocations("false");
        main.addInitialProperty("port", String.valueOf(freePort()));
        main.configure().setRoutesIncludePattern("classpath:routes/*.camel.yaml");
        main.bind("lookup", (Processor) UnaryCallTest::lookup);
        main.start();
        template = main.getCamelContext().createProducerTemplate();
    }

    @AfterEach
    void stop() {
        main.stop();
    }

    private static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Says that the endpoint named like the model holds every block. */
    private static void lookup(Exchange exchange) {
        PrefixQuery query = exchange.getMessage().getBody(PrefixQuery.class);
        if (query.getModel().isEmpty()) {
            throw new IllegalArgumentException("model: empty");
        }
        exchange.getMessage()
                .setBody(PrefixMatches.newBuilder()
                        .putBlocks(query.getModel(), query.getBlockHashesCount())
                        .build());
    }

    private static PrefixQuery query(String model, int blocks) {
        return PrefixQuery.newBuilder()
                .setModel(model)
                .addAllBlockHashes(IntStream.range(0, blocks).mapToObj(Long::valueOf).toList())
                .build();
    }

    @Test
    void isAnswered() {
        PrefixMatches matches =
                template.requestBody("direct:call-lookup", query("pod-a", 3), PrefixMatches.class);

        assertThat(matches.getBlocksMap()).containsExactly(java.util.Map.entry("pod-a", 3));
    }

    @Test
    void isAnsweredToEachOfManyAtATime() {
        List<CompletableFuture<PrefixMatches>> answers = IntStream.range(0, CALLS)
                .mapToObj(i -> template.asyncRequestBody("direct:call-lookup", query("m" + i, i), PrefixMatches.class))
                .toList();

        for (int i = 0; i < CALLS; i++) {
            assertThat(answers.get(i).join().getBlocksMap()).containsEntry("m" + i, i);
        }
    }

    @Test
    void failsWithTheRoute() {
        Exchange done = template.request(
                "direct:call-lookup", exchange -> exchange.getMessage().setBody(query("", 1)));

        assertThat(done.getException()).isNotNull();
    }
}
