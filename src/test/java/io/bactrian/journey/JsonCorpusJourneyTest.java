package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.fixture.HttpAnswer;
import io.bactrian.fixture.RawClient;
import io.bactrian.fixture.Requests;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.simulator.SimulatedModelServerOptions;
import io.bactrian.simulator.engine.StepLatency;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every file of the JSON parsing test suite (https://github.com/nst/JSONTestSuite) through the socket; the property
 * {@code bactrian.json-test-suite} names its folder {@code test_parsing}.
 */
@Tag("corpus")
class JsonCorpusJourneyTest {
    @RegisterExtension
    static final RouterFixture ROUTER = RouterFixture.builder()
            .simulated(
                    "one",
                    "demo",
                    SimulatedModelServerOptions.builder()
                            .latency(StepLatency.NONE)
                            .build())
            .build();

    static Stream<Path> malformed() throws IOException {
        return files("n_");
    }

    static Stream<Path> wellFormed() throws IOException {
        return files("y_");
    }

    static Stream<Path> undecided() throws IOException {
        return files("i_");
    }

    private static Stream<Path> files(String prefix) throws IOException {
        String folder = System.getProperty("bactrian.json-test-suite");
        assertThat(folder).as("-Dbactrian.json-test-suite").isNotNull();
        try (Stream<Path> files = Files.list(Path.of(folder))) {
            return files
                    .filter(file -> String.valueOf(file.getFileName()).startsWith(prefix))
                    .sorted()
                    .toList()
                    .stream();
        }
    }

    private static String read(Path file) throws IOException {
        return Files.readString(file, StandardCharsets.ISO_8859_1);
    }

    /** Puts {@code json} where the router takes whatever is JSON. */
    private static String chatWith(String json) {
        return Requests.chat("demo", 1, false, "\"metadata\":" + json + ",");
    }

    private static HttpAnswer ask(String body) {
        return RawClient.exchange(ROUTER.port(), Requests.post(body));
    }

    @ParameterizedTest
    @MethodSource("malformed")
    void refusesWhatIsMalformedAndSaysWhere(Path file) throws IOException {
        HttpAnswer alone = ask(read(file));
        HttpAnswer inside = ask(chatWith(read(file)));

        assertThat(alone.status()).isEqualTo(400);
        assertThat(alone.text())
                .containsPattern("\"message\":\"(body|model|messages): ")
                .contains("(expected: ");
        assertThat(inside.status()).isEqualTo(400);
        assertThat(inside.text()).contains("body: ").contains("byte").contains("(expected: ");
        assertThat(ROUTER.received()).as("what reached the model server").isEmpty();
    }

    @ParameterizedTest
    @MethodSource("wellFormed")
    void forwardsWhatIsWellFormedToTheByte(Path file) throws IOException {
        String body = chatWith(read(file));

        HttpAnswer answer = ask(body);

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(ROUTER.received()).singleElement().satisfies(received -> assertThat(
                        new String(received.body(), StandardCharsets.ISO_8859_1))
                .isEqualTo(body));
    }

    @ParameterizedTest
    @MethodSource("wellFormed")
    void readsObjectsAsJson(Path file) throws IOException {
        String body = read(file);
        HttpAnswer answer = ask(body);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text()).contains(body.strip().startsWith("{") ? "model: missing" : "body: not an object");
    }

    /** Parsers may differ about these; the router and the model server may not. */
    @ParameterizedTest
    @MethodSource("undecided")
    void decidesOnceWhereParsersDiffer(Path file) throws IOException {
        String body = chatWith(read(file));

        HttpAnswer answer = ask(body);

        assertThat(answer.status()).isIn(200, 400);
        assertThat(ROUTER.received())
                .allSatisfy(received -> assertThat(new String(received.body(), StandardCharsets.ISO_8859_1))
                        .isEqualTo(body));
        if (answer.status() == 400) {
            assertThat(ROUTER.received()).as("refused by the model server").isEmpty();
        }
    }
}
