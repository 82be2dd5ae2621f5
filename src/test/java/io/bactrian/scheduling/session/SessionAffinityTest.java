package io.bactrian.scheduling.session;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.fixture.AtomicFile;
import io.bactrian.fixture.Candidates;
import io.bactrian.fixture.InferenceRequests;
import io.bactrian.fixture.MovableClock;
import io.bactrian.fixture.Plugins;
import io.bactrian.request.Conversation;
import io.bactrian.request.DataKey;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.Filter;
import io.bactrian.scheduling.ProfileResult;
import io.bactrian.scheduling.RequestHook;
import io.bactrian.scheduling.RequestListener;
import io.bactrian.scheduling.ScoredCandidates;
import io.bactrian.scheduling.Scorer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Section 4.2 of llm-d's scheduling. */
class SessionAffinityTest {
    private static final EndpointState A = Candidates.silent("pod-a-rank-0");
    private static final EndpointState B = Candidates.silent("pod-b-rank-0");
    private static final List<EndpointState> BOTH = List.of(A, B);
    private static final String PIN_OF_A = "ZGVmYXVsdC9wb2QtYS1yYW5rLTA=";

    private final MovableClock clock = new MovableClock();

    @Test
    void theAnswerNamesItsEndpointAndTheNextRequestGoesThere() {
        Object filter = create("session-affinity-filter", Map.of());
        Map<String, String> answer = new HashMap<>();

        RequestListener listener = ((RequestHook) filter).follow(InferenceRequests.with(Map.of()), BOTH);
        listener.picked(picked(A));
        listener.answerBegins(answer::put);

        assertThat(answer).containsExactly(Map.entry("x-session-token", PIN_OF_A));
        assertThat(((Filter) filter).filter(token(PIN_OF_A), BOTH)).containsExactly(A);
    }

    @Test
    void aSignedPinIsOfNoUseToAForger() {
        Path key = AtomicFile.create("a key of more than sixteen bytes\n");
        Path another = AtomicFile.create("another key of the same length..");
        Object signing = create("session-affinity-filter", signedBy(key));
        Filter filter = (Filter) signing;

        String pin = pinOfA(signing);

        assertThat(filter.filter(token(pin), BOTH)).containsExactly(A);
        String ofB = Base64.getUrlEncoder()
                .encodeToString("default/pod-b-rank-0".getBytes(UTF_8))
                .replace("=", "");
        List<String> forged = List.of(
                PIN_OF_A,
                pin.substring(0, pin.indexOf('.')),
                pin.substring(0, pin.length() - 4),
                ofB + pin.substring(pin.indexOf('.')),
                pin.substring(0, pin.indexOf('.') + 1) + "A".repeat(22),
                pinOfA(create("session-affinity-filter", signedBy(another))),
                pin + "x".repeat(2000));
        for (String token : forged) {
            assertThat(filter.filter(token(token), BOTH)).as(token).isEqualTo(BOTH);
        }
    }

    private static String pinOfA(Object plugin) {
        Map<String, String> answer = new HashMap<>();
        RequestListener listener = ((RequestHook) plugin).follow(InferenceRequests.with(Map.of()), BOTH);
        listener.picked(picked(A));
        listener.answerBegins(answer::put);
        return answer.getOrDefault("x-session-token", "");
    }

    private static Map<String, Object> signedBy(Path key) {
        return Map.of("encodedEndpointHeaderConfig", Map.of("keyFile", key.toString()));
    }

    @Test
    void aKeyThatIsNoneStopsTheStart() {
        Path tooShort = AtomicFile.create("short");

        assertThatThrownBy(() -> create("session-affinity-filter", signedBy(tooShort)))
                .hasMessageContaining("keyFile: " + tooShort + " (expected: a key of 16 to 4096 bytes in it)");
        assertThatThrownBy(() -> create("session-affinity-filter", signedBy(Path.of("/nowhere"))))
                .hasMessageContaining("keyFile: /nowhere (expected: a readable file)");
    }

    @Test
    void aConversationStaysWhereItBegan() {
        Filter filter = (Filter) create(
                "session-affinity-filter",
                Map.of(
                        "strategy",
                        "session_id",
                        "sessionIdConfig",
                        Map.of("sources", List.of(Map.of("attribute", "ConversationDataKey")))));
        InferenceRequest first = InferenceRequests.with(Map.of());
        first.attributes().put(Conversation.ID, "conv_1");

        ((RequestHook) filter).follow(first, BOTH).picked(picked(B));

        InferenceRequest next = InferenceRequests.with(Map.of());
        next.attributes().put(Conversation.ID, "conv_1");
        assertThat(filter.filter(next, BOTH)).containsExactly(B);
        assertThat(filter.filter(InferenceRequests.with(Map.of()), BOTH)).isEqualTo(BOTH);
    }

    @Test
    void anAnswerIsASessionByItsIdWhereConversationsAreFollowed() {
        Object filter = bySession(Map.of("sources", List.of(Map.of("attribute", "ConversationDataKey"))));
        answer(filter, "resp_1", A);
        answer(filter, "resp_1", B); // another endpoint says the same, be it by chance or not
        answer(filter, "x".repeat(257), A);

        assertThat(((Filter) filter).filter(continuing("resp_1"), BOTH)).containsExactly(A);
        assertThat(((Filter) filter).filter(continuing("resp_2"), BOTH)).isEqualTo(BOTH);
        assertThat(((Filter) filter).filter(continuing("x".repeat(257)), BOTH)).isEqualTo(BOTH);

        Object byHeader = bySession(Map.of());
        answer(byHeader, "resp_1", A);
        assertThat(((Filter) byHeader).filter(session("resp_1"), BOTH)).isEqualTo(BOTH);
    }

    private static void answer(Object plugin, String id, EndpointState endpoint) {
        RequestListener listener = ((RequestHook) plugin).follow(InferenceRequests.with(Map.of()), BOTH);
        listener.picked(picked(endpoint));
        listener.named(id);
    }

    private static InferenceRequest continuing(String id) {
        InferenceRequest request = InferenceRequests.with(Map.of());
        request.attributes().put(Conversation.ID, id);
        return request;
    }

    @Test
    void aPinThatIsNoneOrGoneLeavesAll() {
        Filter filter = (Filter) create("session-affinity-filter", Map.of());

        assertThat(filter.filter(token("not base64!"), BOTH)).isEqualTo(BOTH);
        assertThat(filter.filter(token(PIN_OF_A), List.of(B))).containsExactly(B);
        assertThat(filter.filter(InferenceRequests.with(Map.of()), BOTH)).isEqualTo(BOTH);
    }

    @Test
    void theScorerPrefersThePinnedEndpoint() {
        Scorer scorer = (Scorer) create("session-affinity-scorer", Map.of());

        assertThat(scorer.score(token(PIN_OF_A), BOTH).get(0)).isEqualTo(1);
        assertThat(scorer.score(token(PIN_OF_A), BOTH).get(1)).isZero();
    }

    @Test
    void theHeaderAndTheProfileAreSet() {
        Object filter = create(
                "session-affinity-filter",
                Map.of("encodedEndpointHeaderConfig", Map.of("header", "x-pin"), "profileName", "prefill"));
        Map<String, String> answer = new HashMap<>();

        RequestListener listener = ((RequestHook) filter).follow(InferenceRequests.with(Map.of()), BOTH);
        listener.picked(picked(A));
        listener.answerBegins(answer::put);

        assertThat(answer).as("that profile did not run").isEmpty();
        assertThat(((Filter) filter).filter(InferenceRequests.with(Map.of("x-pin", PIN_OF_A)), BOTH))
                .containsExactly(A);
    }

    @Test
    void aNamedSessionStaysWhereItWasFirst() {
        Object filter = bySession(Map.of());
        serve(filter, session("s"), BOTH, A);

        assertThat(((Filter) filter).filter(session("s"), BOTH)).containsExactly(A);
        assertThat(((Filter) filter).filter(session("t"), BOTH)).isEqualTo(BOTH);

        serve(filter, session("s"), BOTH, B);
        assertThat(((Filter) filter).filter(session("s"), BOTH))
                .as("A is still there")
                .containsExactly(A);

        serve(filter, session("s"), List.of(B), B);
        assertThat(((Filter) filter).filter(session("s"), BOTH))
                .as("A was missing")
                .containsExactly(B);
    }

    @Test
    void anIdleSessionIsForgotten() {
        Object filter = bySession(Map.of("evictionTtlSeconds", 60));
        serve(filter, session("s"), BOTH, A);

        clock.advance(Duration.ofSeconds(60));
        assertThat(((Filter) filter).filter(session("s"), BOTH)).containsExactly(A);
        clock.advance(Duration.ofMillis(1));
        assertThat(((Filter) filter).filter(session("s"), BOTH)).isEqualTo(BOTH);
    }

    @Test
    void sessionsMayBeNamedByAnAttribute() {
        Object filter = bySession(
                Map.of("sources", List.of(Map.of("header", "x-none"), Map.of("attribute", "agent-identity"))));
        InferenceRequest request = InferenceRequests.with(Map.of("x-session-id", "ignored"));
        request.attributes().put(new DataKey<>("agent-identity", ""), " me ");
        serve(filter, request, BOTH, B);

        assertThat(((Filter) filter).filter(request, BOTH)).containsExactly(B);
        assertThat(((Filter) filter).filter(session("ignored"), BOTH)).isEqualTo(BOTH);
    }

    @Test
    void hostileNamesTakeNoMoreThanABoundedMemory() {
        Object filter = bySession(Map.of());
        serve(filter, session("first"), BOTH, A);
        for (int i = 0; i < 100_000; i++) {
            serve(filter, session("s" + i), BOTH, B);
        }

        assertThat(((Filter) filter).filter(session("first"), BOTH)).isEqualTo(BOTH);
        assertThat(((Filter) filter).filter(session("s99999"), BOTH)).containsExactly(B);
        serve(filter, session("x".repeat(257)), BOTH, A);
        assertThat(((Filter) filter).filter(session("x".repeat(257)), BOTH)).isEqualTo(BOTH);
    }

    @Test
    void wrongParametersAreNamed() {
        assertWrong(
                Map.of("strategy", "x"), "parameters.strategy: x (expected: encoded_endpoint_header or session_id)");
        assertWrong(
                Map.of("sessionIdConfig", Map.of("sources", List.of(Map.of("header", "a", "attribute", "b")))),
                "parameters.sessionIdConfig.sources[0].header: a (expected: exactly one of header or attribute)");
        assertWrong(
                Map.of("sessionIdConfig", Map.of("sources", List.of(Map.of()))),
                "parameters.sessionIdConfig.sources[0].header: missing (expected: exactly one");
        assertWrong(
                Map.of("sessionIdConfig", Map.of("evictionTtlSeconds", 0)),
                "parameters.sessionIdConfig.evictionTtlSeconds: 0 (expected: an integer from 1");
    }

    private void assertWrong(Map<String, Object> parameters, String message) {
        assertThatThrownBy(() -> create("session-affinity-filter", parameters))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message);
    }

    private Object bySession(Map<String, Object> config) {
        return create("session-affinity-filter", Map.of("strategy", "session_id", "sessionIdConfig", config));
    }

    private Object create(String type, Map<String, Object> parameters) {
        return Plugins.<Object>create(SessionAffinityPlugins.CATALOG, type, parameters, clock);
    }

    private static void serve(
            Object plugin, InferenceRequest request, List<EndpointState> candidates, EndpointState winner) {
        ((RequestHook) plugin).follow(request, candidates).picked(picked(winner));
    }

    private static InferenceRequest token(String value) {
        return InferenceRequests.with(Map.of("x-session-token", value));
    }

    private static InferenceRequest session(String name) {
        return InferenceRequests.with(Map.of("x-session-id", name));
    }

    private static Decision.Picked picked(EndpointState winner) {
        return new Decision.Picked(
                "p",
                Map.of(
                        "p",
                        new ProfileResult.Picked(
                                List.of(winner), new ScoredCandidates(List.of(winner), new double[1]))));
    }
}
