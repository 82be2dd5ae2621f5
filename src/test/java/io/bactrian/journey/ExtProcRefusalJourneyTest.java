package io.bactrian.journey;

import static io.bactrian.fixture.TestProxy.body;
import static io.bactrian.fixture.TestProxy.head;
import static io.bactrian.fixture.TestProxy.set;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bactrian.fixture.AtomicFile;
import io.bactrian.fixture.Doorman;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.fixture.TestProxy;
import io.bactrian.fixture.WaitingRoom;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.Finish.Outcome;
import io.bactrian.request.InferenceException;
import io.envoyproxy.envoy.service.ext_proc.v3.ImmediateResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whoever decides on a request's way, at once or after a wait, answers by throwing: section 6 of the protocol, row by row. */
@Timeout(60)
class ExtProcRefusalJourneyTest {
    private static final String CHAT = "{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";

    private static final String POLICY = """
            apiVersion: llm-d.ai/v1alpha1
            kind: EndpointPickerConfig
            plugins: [{type: 'bean:doorman'}]
            """;

    @Order(1)
    @RegisterExtension
    static final RouterFixture ROUTER = RouterFixture.picker()
            .property(
                    "bactrian.pools.main.scheduling-file",
                    AtomicFile.create(POLICY).toString())
            .property("bactrian.http.exposed-headers", "x-wait")
            .property("bactrian.routes.dir", routes().toString())
            .simulated("a")
            .build();

    @Order(2)
    @RegisterExtension
    static final TestProxy PROXY = TestProxy.of(ROUTER);

    /** The built-in corridor, with a step before it where a request may wait. */
    private static Path routes() {
        try {
            Path folder = AtomicFile.folder("doorman.camel.yaml", Doorman.BEANS);
            Files.writeString(folder.resolve("waiting-room.camel.yaml"), WaitingRoom.BEANS);
            String builtIn = Files.readString(Path.of("src/main/resources/routes/pick-endpoints.camel.yaml"));
            String steps = "      steps:\n";
            Files.writeString(
                    folder.resolve("pick-endpoints.camel.yaml"), builtIn.replace(steps, steps + """
                        - filter:
                            id: has-to-wait
                            description: Only if the client says so
                            expression:
                              simple:
                                expression: ${header.x-wait} == 'yes'
                            steps:
                              - process:
                                  id: wait
                                  description: Waits until it is let go on
                                  ref: waitingRoom
                    """.indent(4)));
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static TestProxy.Stream asking(String... headers) {
        return PROXY.open().send(head(false, headers)).send(body(CHAT, true));
    }

    private static void assertThatItSays(ImmediateResponse answer, int status, String name, String reason) {
        assertThat(answer.getStatus().getCodeValue()).isEqualTo(status);
        assertThat(answer.getBody().toStringUtf8()).isEqualTo("inference error: " + name + " - not today");
        assertThat(set(answer, "x-llm-d-request-dropped-reason")).isEqualTo(reason);
    }

    @ParameterizedTest
    @CsvSource({
        "BAD_REQUEST,         '',                          400, BadRequest",
        "UNAUTHORIZED,        '',                          401, Unauthorized",
        "FORBIDDEN,           '',                          403, Forbidden",
        "NOT_FOUND,           '',                          404, NotFound",
        "PRECONDITION_FAILED, '',                          412, PreconditionFailed",
        "SATURATED,           rejected-saturated,          429, ResourceExhausted",
        "SATURATED,           rejected-ttl-expired,        429, ResourceExhausted",
        "NO_ENDPOINT,         rejected-no-endpoints,       503, ServiceUnavailable",
        "NO_ENDPOINT,         rejected-context-cancelled,  503, ServiceUnavailable",
        "SHUTTING_DOWN,       rejected-shutting-down,      503, ServiceUnavailable",
        "INTERNAL,            '',                          500, Internal"
    })
    void answersWithEachStatusOfTheContract(String code, String reason, int status, String name) throws Exception {
        assertThatItSays(asking("x-refuse", code, "x-refuse-reason", reason).immediate(), status, name, reason);

        TestProxy.Stream waiting = asking("x-wait", "yes");
        WaitingRoom.next().refuse(new InferenceException(ErrorCode.valueOf(code), "not today", reason));
        assertThatItSays(waiting.immediate(), status, name, reason);
    }

    @Test
    void keepsARequestWaitingWithoutHoldingOthersUp() throws Exception {
        TestProxy.Stream waiting = asking("x-wait", "yes");
        WaitingRoom.Waiting waits = WaitingRoom.next();

        TestProxy.Stream other = asking();
        assertThat(other.next().hasRequestHeaders()).isTrue();
        assertThat(waiting.rest()).isEmpty();

        waits.goOn();
        assertThat(waiting.next().hasRequestHeaders()).isTrue();
        assertThat(waiting.next().hasRequestBody()).isTrue();
        waiting.cancel();
        other.cancel();
    }

    @Test
    void tellsWhoeverKeepsARequestWaitingThatItsClientHasLeft() throws Exception {
        List<Outcome> ends = Collections.synchronizedList(new ArrayList<>());
        TestProxy.Stream waiting = asking("x-wait", "yes");
        WaitingRoom.Waiting waits = WaitingRoom.next();
        waits.inference().finish().onEnd(ends::add);

        waiting.cancel();
        await().untilAsserted(() -> assertThat(ends).containsExactly(Outcome.CLIENT_LEFT));

        waits.goOn(); // to nobody
        ROUTER.awaitQuiet();
        assertThat(ends).hasSize(1);
        assertThat(ROUTER.reserved("main")).isZero();
    }
}
