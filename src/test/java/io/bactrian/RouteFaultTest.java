package io.bactrian;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bactrian.config.ConfigurationException;
import io.bactrian.fixture.RouterUnderTest;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class RouteFaultTest {
    private static final Path BUILT_IN = Path.of("src/main/resources/routes");

    private final Path dir;

    RouteFaultTest(@TempDir Path dir) {
        this.dir = dir;
    }

    /** Puts {@code wrong} for {@code right} in a copy of the built-in {@code file}. */
    private void spoil(String file, String right, String wrong) throws IOException {
        String text = Files.readString(BUILT_IN.resolve(file));
        assertThat(text).contains(right);
        Files.writeString(dir.resolve(file), text.replace(right, wrong));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            list-models.camel.yaml  | - process:        | - proces:           | :9: route list-models, step list-models-answer: proces: unknown step (nearest: process)
            list-models.camel.yaml  | ref: listModels   | reff: listModels    | :12: route list-models, step list-models-answer: Unsupported field: reff
            list-models.camel.yaml  | '      uri: direct' | '     uri: direct' | :7: expected <block end>, but found '<block mapping start>'
            choose-pool.camel.yaml  | ref: assignPool   | ref: asignPool      | :35: route choose-pool, step assign-pool: asignPool: no such bean (nearest: assignPool)
            choose-pool.camel.yaml  | direct:pick-endpoints | direct:pick-endpoint | :39: route choose-pool, step to-pick-endpoints: direct:pick-endpoint: no route begins there (nearest: direct:pick-endpoints)
            choose-pool.camel.yaml  | BactrianApi}      | BactrianApi         | :19: route choose-pool, step by-kind: ${header.BactrianApi == 'MODELS': expected symbol functionEnd but was eol
            relay-decode.camel.yaml | model-server:     | modelserver:        | :13: route relay-decode, step decode: modelserver: no such component (nearest: model-server)
            relay-decode.camel.yaml | server:decode     | server:decode?respons=auto | :13: route relay-decode, step decode: respons: no option of model-server (nearest: response)
            relay-decode.camel.yaml | model-server:decode | model-server:{{rôle}} | :13: route relay-decode, step decode: {{rôle}}: no such property
            serve-inference.camel.yaml | '#door"'       | '#doorr"'           | :11: route serve-inference, step http-door: doorr: no such bean (nearest: door)
            serve-inference.camel.yaml | muteException: | muteExeption:  | :19: route serve-inference, step http-door: muteExeption: no option of netty-http (nearest: muteException)
            errors.camel.yaml       | ref: answerError  | ref: answerErrors   | :15: step answer-error: answerErrors: no such bean (nearest: answerError)
            """)
    void namesFileLineRouteAndStep(String file, String right, String wrong, String expected) throws Exception {
        spoil(file, right, wrong);

        try (RouterUnderTest router = new RouterUnderTest().set("bactrian.routes.dir", dir.toString())) {
            assertThatThrownBy(router::start)
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessage(dir.resolve(file) + expected);
        }
    }

    @Test
    void namesTheFileOfARouteThatIsThereTwice() throws Exception {
        Files.copy(BUILT_IN.resolve("list-models.camel.yaml"), dir.resolve("other.camel.yaml"));

        try (RouterUnderTest router = new RouterUnderTest().set("bactrian.routes.dir", dir.toString())) {
            assertThatThrownBy(router::start)
                    .hasMessage(dir.resolve("other.camel.yaml")
                            + ":2: route list-models: another route has this id already");
        }
    }

    @Test
    void namesTheStepThatLacksAPropertyOfItsKamelet() throws Exception {
        Files.writeString(dir.resolve("mine.camel.yaml"), """
                - route:
                    id: mine
                    from:
                      uri: direct:mine
                      steps:
                        - to:
                            id: ask
                            uri: kamelet:model-server-sink
                """);

        try (RouterUnderTest router = new RouterUnderTest().set("bactrian.routes.dir", dir.toString())) {
            assertThatThrownBy(router::start)
                    .hasMessageStartingWith(dir.resolve("mine.camel.yaml") + ":8: route mine, step ask: ")
                    .hasMessageEndingWith("pool");
        }
    }

    @Test
    void servesNothingAndExitsWithTwoAndOneLine() throws Exception {
        spoil("choose-pool.camel.yaml", "ref: assignPool", "ref: readRequst");
        Path config = Files.writeString(dir.resolve("application.properties"), """
                bactrian.http.port = 0
                bactrian.pools.main.models = demo
                bactrian.pools.main.endpoints = 127.0.0.1:9
                bactrian.routes.dir = %s
                camel.management.enabled = false
                """.formatted(dir));
        StringWriter err = new StringWriter();
        CommandLine command = Bactrian.commandLine().setErr(new PrintWriter(err));

        int exitCode = command.execute("serve", "--config", config.toString());

        assertThat(exitCode).isEqualTo(2);
        assertThat(err.toString().strip())
                .isEqualTo(dir.resolve("choose-pool.camel.yaml")
                        + ":35: route choose-pool, step assign-pool: readRequst: no such bean (nearest: readRequest)");
    }
}
