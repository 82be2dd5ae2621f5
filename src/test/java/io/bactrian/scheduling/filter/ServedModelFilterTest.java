package io.bactrian.scheduling.filter;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.endpoint.Adapters;
import io.bactrian.endpoint.EndpointMetrics;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.endpoint.ServedModels;
import io.bactrian.endpoint.Signal;
import io.bactrian.fixture.Candidates;
import io.bactrian.fixture.InferenceRequests;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.Prompt;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ServedModelFilterTest {
    private final EndpointState withSql = listing("with", "base", "sql");
    private final EndpointState without = listing("without", "base");
    private final EndpointState unknown = Candidates.reporting("unknown", 0, 0);
    private final EndpointState loaded = Candidates.withMetrics(
            "loaded",
            new EndpointMetrics(
                    Signal.ABSENT,
                    Signal.ABSENT,
                    Signal.ABSENT,
                    OptionalInt.empty(),
                    OptionalInt.empty(),
                    new Adapters(Set.of("sql"), Set.of("law"), 4, Candidates.NOW),
                    null,
                    Map.of()));

    @Test
    void anAdapterGoesToThoseWhoListIt() {
        assertThat(filter(adapter("sql"), withSql, without, unknown, loaded)).containsExactly(withSql);
    }

    @Test
    void anAdapterOnNoListGoesToThoseWhoHaveItLoaded() {
        assertThat(filter(adapter("sql"), without, unknown, loaded)).containsExactly(loaded);
        assertThat(filter(adapter("law"), without, unknown, loaded)).containsExactly(loaded);
        assertThat(filter(adapter("poetry"), without, unknown)).containsExactly(without, unknown);
    }

    @Test
    void aConfiguredModelLeavesOutThoseWhoseListLacksIt() {
        assertThat(filter(model("sql"), withSql, without, unknown, loaded)).containsExactly(withSql, unknown, loaded);
        assertThat(filter(model("base"), withSql, without, unknown)).containsExactly(withSql, without, unknown);
    }

    @Test
    void aConfiguredModelThatNobodyListsMayGoToAll() {
        assertThat(filter(model("alias"), withSql, without, unknown)).containsExactly(withSql, without, unknown);
        assertThat(filter(model("sql"), without, unknown, loaded)).containsExactly(without, unknown, loaded);
    }

    private static List<EndpointState> filter(InferenceRequest request, EndpointState... candidates) {
        return new ServedModelFilter().filter(request, List.of(candidates));
    }

    private static InferenceRequest model(String name) {
        return InferenceRequests.completion(name, "", "", Prompt.NONE);
    }

    private static InferenceRequest adapter(String name) {
        InferenceRequest request = model(name);
        request.attributes().put(InferenceRequest.ANNOUNCED_ADAPTER, name);
        return request;
    }

    private static EndpointState listing(String name, String... models) {
        return Candidates.withMetrics(
                name,
                EndpointMetrics.NONE.withModels(new ServedModels(
                        Arrays.stream(models)
                                .map(model -> new ServedModels.Model(model, ""))
                                .toList(),
                        Candidates.NOW,
                        Duration.ZERO)));
    }
}
