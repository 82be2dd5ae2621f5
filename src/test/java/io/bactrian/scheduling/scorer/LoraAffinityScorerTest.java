package io.bactrian.scheduling.scorer;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.endpoint.Adapters;
import io.bactrian.endpoint.EndpointLoad;
import io.bactrian.endpoint.EndpointMetrics;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.endpoint.LoadMeter;
import io.bactrian.endpoint.Signal;
import io.bactrian.fixture.Candidates;
import io.bactrian.fixture.InferenceRequests;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.Prompt;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.ProfileResult;
import io.bactrian.scheduling.ScoredCandidates;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What the router knows beside the reports; llm-d's own numbers are in {@link ScorersTest}. */
class LoraAffinityScorerTest {
    private final LoraAffinityScorer scorer = new LoraAffinityScorer();

    @Test
    void adaptersInFlightCountBeforeTheNextReport() {
        EndpointState endpoint = adapters(2, Set.of("a"), Set.of());
        EndpointLoad.Reservation sent = endpoint.load().reserve(1, "b", LoadMeter.NONE);

        assertThat(score("b", endpoint)).as("it is being loaded there").isEqualTo(1);
        assertThat(score("c", endpoint)).as("the last place is taken").isZero();
        assertThat(score("a", endpoint)).isEqualTo(1);

        EndpointLoad.Reservation another = endpoint.load().reserve(1, "b", LoadMeter.NONE);
        sent.close();
        sent.close();
        assertThat(score("c", endpoint)).isZero();
        another.close();
        assertThat(score("c", endpoint)).isEqualTo(0.8);
        assertThat(endpoint.load().adapters()).isEmpty();
    }

    @Test
    void anAdapterInFlightForWhichThereIsNoPlaceWaits() {
        EndpointState full = adapters(1, Set.of("a"), Set.of());

        try (EndpointLoad.Reservation sent = full.load().reserve(1, "b", LoadMeter.NONE)) {
            assertThat(score("b", full)).isEqualTo(0.6);
        }
        assertThat(score("b", full)).isZero();
    }

    @Test
    void anAdapterThatWasSentLatelyIsLoadedStillAndItsPlaceIsNotQuiteFree() {
        EndpointState endpoint = adapters(2, Set.of(), Set.of());
        send("a", endpoint);

        assertThat(score("a", endpoint)).isEqualTo(1);
        assertThat(score("b", endpoint)).isEqualTo(0.8);

        send("b", endpoint);
        assertThat(score("c", endpoint)).as("a or b has to go").isEqualTo(0.7);

        send("a", endpoint);
        send("c", endpoint);
        assertThat(score("b", endpoint)).as("it was sent the longest ago").isEqualTo(0.7);
        assertThat(score("a", endpoint)).isEqualTo(1);
    }

    @Test
    void whereAllPlacesAreInUseAnAdapterOfBeforeIsGone() {
        EndpointState endpoint = adapters(1, Set.of(), Set.of());
        send("a", endpoint);

        assertThat(score("a", adapters(1, Set.of("b"), Set.of()))).isZero();
    }

    @Test
    void modelsAreNotRemembered() {
        EndpointState endpoint = adapters(1, Set.of(), Set.of());
        follow(InferenceRequests.completion("base", "", "", Prompt.NONE), endpoint);

        assertThat(score("base", endpoint)).isEqualTo(0.8);
    }

    private void send(String adapter, EndpointState endpoint) {
        InferenceRequest request = InferenceRequests.completion(adapter, "", "", Prompt.NONE);
        request.attributes().put(InferenceRequest.ANNOUNCED_ADAPTER, adapter);
        follow(request, endpoint);
    }

    private void follow(InferenceRequest request, EndpointState endpoint) {
        List<EndpointState> all = List.of(endpoint);
        ScoredCandidates scored = new ScoredCandidates(all, new double[1]);
        scorer.follow(request, all)
                .picked(new Decision.Picked("p", Map.of("p", new ProfileResult.Picked(all, scored))));
    }

    private double score(String adapter, EndpointState endpoint) {
        return scorer.score(InferenceRequests.completion(adapter, "", "", Prompt.NONE), List.of(endpoint))
                .get(0);
    }

    private static EndpointState adapters(int max, Set<String> running, Set<String> waiting) {
        return Candidates.withMetrics(
                "e",
                new EndpointMetrics(
                        Signal.ABSENT,
                        Signal.ABSENT,
                        Signal.ABSENT,
                        OptionalInt.empty(),
                        OptionalInt.empty(),
                        new Adapters(running, waiting, max, Candidates.NOW),
                        null,
                        Map.of()));
    }
}
