package io.bactrian.scheduling.producer;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.endpoint.RequestCost;
import io.bactrian.fixture.Candidates;
import io.bactrian.fixture.Plugins;
import io.bactrian.fixture.Prompts;
import io.bactrian.kvcache.PrefixMatch;
import io.bactrian.request.Api;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.RequestContext;
import io.bactrian.request.RequestHeaders;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** Section 7.7 of llm-d's scheduling: an input of 700 tokens, 6 of 10 blocks of 64 held. */
class InFlightLoadProducerTest {
    @Test
    void aRequestCostsTheTokensThatAreNotHeld() {
        assertThat(cost(Map.of(), OptionalInt.empty(), true)).isEqualTo(new RequestCost(316, false));
        assertThat(cost(Map.of(), OptionalInt.empty(), false)).isEqualTo(new RequestCost(700, false));
    }

    @Test
    void andIfWantedThoseItMayGenerate() {
        Map<String, Object> adding = Map.of("addEstimatedOutputTokens", true);

        assertThat(cost(adding, OptionalInt.empty(), true)).isEqualTo(new RequestCost(1366, true));
        assertThat(cost(adding, OptionalInt.of(200), true)).isEqualTo(new RequestCost(516, true));
        assertThat(cost(
                        Map.of("addEstimatedOutputTokens", true, "maxEstimatedOutputTokens", 100, "outputRatio", 9),
                        OptionalInt.of(200),
                        true))
                .isEqualTo(new RequestCost(416, true));
    }

    private static RequestCost cost(Map<String, Object> parameters, OptionalInt maxOutput, boolean matched) {
        EndpointState candidate = Candidates.silent("e");
        if (matched) {
            candidate.put(PrefixMatch.keyOrDefault(""), new PrefixMatch(6, 10, 64));
        }
        InferenceRequest request = new InferenceRequest(
                "r",
                Api.COMPLETIONS,
                "m",
                "",
                "",
                false,
                false,
                maxOutput,
                Prompts.ofTokens(700),
                0,
                new RequestContext(RequestHeaders.NONE));
        Plugins.create(DataProducers.CATALOG, "inflight-load-producer", parameters)
                .produce(request, List.of(candidate));
        return java.util.Objects.requireNonNull(candidate.get(RequestCost.KEY));
    }
}
