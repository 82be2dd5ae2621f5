package io.bactrian.scheduling.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bactrian.endpoint.Endpoint;
import io.bactrian.endpoint.EndpointMetrics;
import io.bactrian.endpoint.EndpointState;
import io.bactrian.endpoint.Signal;
import io.bactrian.endpoint.Topology;
import io.bactrian.fixture.Candidates;
import io.bactrian.fixture.InferenceRequests;
import io.bactrian.fixture.Plugins;
import io.bactrian.kvcache.PrefixMatch;
import io.bactrian.request.DataKey;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.Prompt;
import io.bactrian.scheduling.Filter;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** The filters of llm-d; sections are those of its description of scheduling. */
class FiltersTest {
    private static final InferenceRequest REQUEST = InferenceRequests.completion(Prompt.NONE);
    private static final DataKey<Double> POWER = new DataKey<>("powerWatts", "core-metrics-extractor");

    /** Section 4.1: every role and every role filter. */
    @Test
    void roleFiltersKeepWhoCanDoTheirPart() {
        List<EndpointState> roles = Arrays.asList(
                role("prefill"),
                role("decode"),
                role("encode"),
                role("prefill-decode"),
                role("both"),
                role("encode-prefill"),
                role("encode-prefill-decode"),
                role("other"),
                Candidates.silent("none"));

        assertThat(names(filter("decode-filter", Map.of(), roles)))
                .containsExactly("decode", "prefill-decode", "both", "encode-prefill-decode", "none");
        assertThat(names(filter("prefill-filter", Map.of(), roles)))
                .containsExactly("prefill", "prefill-decode", "both", "encode-prefill", "encode-prefill-decode");
        assertThat(names(filter("encode-filter", Map.of(), roles)))
                .containsExactly("encode", "encode-prefill", "encode-prefill-decode");
    }

    private static EndpointState role(String role) {
        return Candidates.labelled(role, Map.of("llm-d.ai/role", role));
    }

    @Test
    void labelSelectorsAreThoseOfKubernetes() {
        EndpointState a = Candidates.labelled("a", Map.of("gpu", "h100", "tier", "gold"));
        EndpointState b = Candidates.labelled("b", Map.of("gpu", "a100"));
        EndpointState c = Candidates.silent("c");
        List<EndpointState> all = List.of(a, b, c);

        assertThat(filter("label-selector-filter", Map.of(), all)).isEqualTo(all);
        assertThat(filter("label-selector-filter", Map.of("matchLabels", Map.of("gpu", "h100")), all))
                .containsExactly(a);
        assertThat(filter("by-label-selector", expression("In", List.of("a100", "l4")), all))
                .containsExactly(b);
        assertThat(filter("label-selector-filter", expression("NotIn", List.of("a100")), all))
                .containsExactly(a, c);
        assertThat(filter("label-selector-filter", expression("Exists", List.of()), all))
                .containsExactly(a, b);
        assertThat(filter("label-selector-filter", expression("DoesNotExist", List.of()), all))
                .containsExactly(c);
    }

    private static Map<String, Object> expression(String operator, List<String> values) {
        return Map.of("matchExpressions", List.of(Map.of("key", "gpu", "operator", operator, "values", values)));
    }

    @Test
    void byLabelKeepsValuesOrNone() {
        EndpointState a = Candidates.labelled("a", Map.of("x", "1"));
        EndpointState b = Candidates.labelled("b", Map.of("x", "2"));
        EndpointState c = Candidates.silent("c");

        assertThat(filter("by-label", Map.of("label", "x", "validValues", List.of("1")), List.of(a, b, c)))
                .containsExactly(a);
        assertThat(filter("by-label", Map.of("label", "x", "allowsNoLabel", true), List.of(a, b, c)))
                .containsExactly(c);
    }

    /** Section 4.4. */
    @Test
    void utilizationKeepsWhatIsWithinEveryLimitAndNothingUnknown() {
        EndpointState idle = Candidates.reporting("idle", 1, 0.2);
        EndpointState full = Candidates.reporting("full", 1, 0.9);
        EndpointState silent = Candidates.silent("silent");
        Map<String, Object> limits = Map.of(
                "conditions",
                List.of(
                        Map.of("metric", "waiting-queue", "maxValue", 1),
                        Map.of("metric", "kv-cache-utilization", "maxValue", 0.5)));

        assertThat(filter("utilization-filter", limits, List.of(idle, full, silent)))
                .containsExactly(idle);
        assertThat(filter("utilization-filter", limits, List.of(full))).isEmpty();
        assertThat(filter(
                        "utilization-filter",
                        Map.of("conditions", limits.get("conditions"), "fallbackOnEmpty", true),
                        List.of(full)))
                .containsExactly(full);

        idle.load().reserve(1);
        assertThat(filter(
                        "utilization-filter",
                        Map.of("conditions", List.of(Map.of("metric", "active-requests", "maxValue", 0))),
                        List.of(idle, full)))
                .containsExactly(full);
    }

    /** Section 4.3. */
    @Test
    void endpointAttributesPassAThreshold() {
        EndpointState low = attribute("low", 600);
        EndpointState high = attribute("high", 650);
        EndpointState unknown = Candidates.silent("unknown");
        List<EndpointState> all = List.of(low, high, unknown);

        assertThat(attributes("LessThan", "Pass", all)).containsExactly(low, unknown);
        assertThat(attributes("LessThanOrEqual", "Fail", all)).containsExactly(low, high);
        assertThat(attributes("GreaterThan", "Fail", all)).isEmpty();
        assertThat(attributes("GreaterThanOrEqual", "Fail", all)).containsExactly(high);
        assertThat(attributes("Equal", "Fail", all)).containsExactly(high);
        assertThat(attributes("NotEqual", "Fail", all)).containsExactly(low);
    }

    private static List<EndpointState> attributes(String operator, String onMissing, List<EndpointState> candidates) {
        return filter(
                "endpoint-attribute-filter",
                Map.of(
                        "attribute",
                        "powerWatts",
                        "onMissing",
                        onMissing,
                        "algorithm",
                        Map.of("type", "threshold", "threshold", Map.of("operator", operator, "value", 650))),
                candidates);
    }

    private static EndpointState attribute(String name, double value) {
        return Candidates.withMetrics(
                name,
                new EndpointMetrics(
                        Signal.ABSENT,
                        Signal.ABSENT,
                        Signal.ABSENT,
                        OptionalInt.empty(),
                        OptionalInt.empty(),
                        null,
                        null,
                        Map.of(POWER, Signal.of(value, Candidates.NOW))));
    }

    /** Section 4.5: 40,000 tokens in flight at the sticky one and 2,000 at the other differ by 2385.74 ms. */
    @Test
    void requestsStickToTheirPrefixUntilThatIsTooSlow() {
        EndpointState sticky = match("sticky", 8);
        EndpointState other = match("other", 7);
        sticky.load().reserve(40_000);
        other.load().reserve(2_000);
        List<EndpointState> both = List.of(sticky, other);

        assertThat(affinity(Map.of(), both)).containsExactly(sticky);
        assertThat(affinity(Map.of("maxTTFTPenaltyMs", 2386), both)).containsExactly(sticky);
        assertThat(affinity(Map.of("maxTTFTPenaltyMs", 2385), both)).isEqualTo(both);
        assertThat(affinity(Map.of("maxTTFTPenaltyMs", 0), both)).containsExactly(sticky);
        assertThat(affinity(Map.of("affinityThreshold", 0.81), both)).isEqualTo(both);
        assertThat(affinity(Map.of("affinityThreshold", 0), both)).isEqualTo(both);
        assertThat(affinity(Map.of("explorationProbability", 1), both)).isEqualTo(both);
        assertThat(affinity(Map.of("affinityThreshold", 0.7), both)).isEqualTo(both);
    }

    private static List<EndpointState> affinity(Map<String, Object> parameters, List<EndpointState> candidates) {
        return filter("prefix-cache-affinity-filter", parameters, candidates);
    }

    private static EndpointState match(String name, int blocks) {
        EndpointState candidate = Candidates.silent(name);
        candidate.put(PrefixMatch.keyOrDefault(""), new PrefixMatch(blocks, 10, 64));
        return candidate;
    }

    /** Section 5.10. */
    @Test
    void topologyKeepsTheNear() {
        InferenceRequest request = InferenceRequests.completion(Prompt.NONE);
        EndpointState same = at("same", "h1", "r1");
        EndpointState rack = at("rack", "h2", "r1");
        EndpointState far = at("far", "h3", "r3");
        List<EndpointState> all = List.of(same, rack, far);
        Filter host = Plugins.create(Filters.CATALOG, "topology-affinity-filter", Map.of());
        Filter inRack = Plugins.create(Filters.CATALOG, "topology-affinity-filter", Map.of("minAffinity", "rack"));

        assertThat(host.filter(request, all)).as("without a peer").isEqualTo(all);

        request.attributes().put(EndpointState.PEER, at("peer", "h1", "r1"));
        assertThat(host.filter(request, all)).containsExactly(same);
        assertThat(inRack.filter(request, all)).containsExactly(same, rack);
        assertThat(inRack.filter(request, List.of(far))).as("nobody near").containsExactly(far);
    }

    private static EndpointState at(String name, String host, String rack) {
        EndpointState candidate = Candidates.silent(name);
        candidate.put(Topology.key(""), new Topology(host, rack, "", ""));
        return candidate;
    }

    @Test
    void theTestHeaderListsEndpointsInItsOrder() {
        EndpointState a = at("a", 1);
        EndpointState b = at("b", 2);
        Filter filter = Plugins.create(Filters.CATALOG, "header-based-testing-filter", Map.of());

        assertThat(filter.filter(header("10.0.0.2:8000, 10.0.0.1"), List.of(a, b)))
                .containsExactly(b, a);
        assertThat(filter.filter(header("[10.0.0.1]:8000,10.0.0.1"), List.of(a, b)))
                .containsExactly(a);
        assertThat(filter.filter(header("10.0.0.9"), List.of(a, b))).isEmpty();
        assertThat(filter.filter(REQUEST, List.of(a, b))).isEmpty();
    }

    private static InferenceRequest header(String value) {
        return InferenceRequests.with(Map.of("test-epp-endpoint-selection", value));
    }

    private static EndpointState at(String name, int host) {
        return Candidates.at(new Endpoint(
                "pool", name, java.net.InetSocketAddress.createUnresolved("10.0.0." + host, 8000), Map.of()));
    }

    @Test
    void wrongParametersAreNamed() {
        assertWrong("by-label", Map.of(), "parameters.label: missing (expected: a string)");
        assertWrong("by-label", Map.of("label", "x"), "parameters.validValues: none (expected: at least one value");
        assertWrong(
                "label-selector-filter",
                Map.of("matchExpressions", List.of(Map.of("key", "a", "operator", "Near"))),
                "parameters.matchExpressions[0].operator: Near (expected: one of [In, NotIn, Exists, DoesNotExist])");
        assertWrong("label-selector-filter", expression("In", List.of()), "parameters.matchExpressions[0].values: []");
        assertWrong(
                "label-selector-filter", Map.of("matchLabel", Map.of()), "parameters.matchLabel: unknown (expected");
        assertWrong(
                "utilization-filter",
                Map.of("conditions", List.of(Map.of("metric", "kv-cache-utilization", "maxValue", 2))),
                "parameters.conditions[0].maxValue: 2 (expected: a number from 0.0 to 1.0)");
        assertWrong(
                "utilization-filter",
                Map.of("conditions", List.of(Map.of("metric", "heat", "maxValue", 2))),
                "parameters.conditions[0].metric: heat (expected: one of [active-requests,");
        assertWrong(
                "prefix-cache-affinity-filter",
                Map.of("ttftSource", "latencyPredictor"),
                "parameters.ttftSource: latencyPredictor (valid; needs capability latency prediction, not in this build)");
        assertWrong(
                "endpoint-attribute-filter",
                Map.of("attribute", "a/b"),
                "parameters.attribute: a/b (expected: no / where no producer is given)");
    }

    private static void assertWrong(String type, Map<String, Object> parameters, String message) {
        assertThatThrownBy(() -> filter(type, parameters, List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message);
    }

    private static List<EndpointState> filter(
            String type, Map<String, Object> parameters, List<EndpointState> candidates) {
        return Plugins.create(Filters.CATALOG, type, parameters).filter(REQUEST, candidates);
    }

    private static List<String> names(List<EndpointState> candidates) {
        return candidates.stream().map(candidate -> candidate.endpoint().name()).toList();
    }
}
