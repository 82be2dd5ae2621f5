package io.bactrian.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bactrian.config.datalayer.DataLayerPlugins;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.request.Api;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.ReadApis;
import io.bactrian.scheduling.SchedulingObserver;
import io.bactrian.scheduling.SchedulingPolicy;
import io.bactrian.scheduling.profile.ProfileHandlers;
import io.bactrian.scheduling.profile.Schedulers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Section 10 of llm-d's scheduling. */
class SchedulingFileReaderTest {
    private static final String HEAD = "apiVersion: llm-d.ai/v1alpha1\nkind: EndpointPickerConfig\n";

    /**
     * Which of the six examples waits for which capability. A row fails when its capability lands and it was not changed.
     */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            default-like         |
            disaggregation       |
            precise-prefix-cache | precise prefix cache by KV events
            flow-control         | flow control with queues
            slo-routing          | latency prediction
            no-kubernetes        |
            """)
    void theSixExamplesRunOrWait(String example, @org.jspecify.annotations.Nullable String capabilities)
            throws IOException {
        byte[] content = Files.readAllBytes(Path.of("test-fixtures/endpoint-picker-config", example + ".yaml"));

        SchedulingFile read = SchedulingFileReader.read(content, true, services());

        Set<String> waitsFor = new TreeSet<>();
        for (String line : read.waiting()) {
            waitsFor.add(line.replaceFirst(".*needs capability (.*), not in this build\\)", "$1"));
        }
        Set<String> expected =
                capabilities == null ? Set.of() : new TreeSet<>(Arrays.asList(capabilities.split(", ", -1)));
        assertThat(waitsFor).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            requestHandler: {parsers: [{pluginRef: openai-parser}]} | false | CHAT_COMPLETIONS RESPONSES | MESSAGES GENERATE TOKENIZE
            requestHandler: {parsers: [{pluginRef: mine}]} | false | MESSAGES STORED | CHAT_COMPLETIONS
            requestHandler: {parsers: [{pluginRef: sglanghttp-parser}, {pluginRef: passthrough-parser}, {pluginRef: openai-parser}]} | true | SGLANG_GENERATE | CHAT_COMPLETIONS PASSTHROUGH
            parser: {pluginRef: vllmhttp-parser} | false | GENERATE | MESSAGES
            {} | false | CHAT_COMPLETIONS MESSAGES GENERATE SGLANG_GENERATE PASSTHROUGH |
            """)
    void parsersTellWhichRequestsAreRead(
            String parsers, boolean passesOthers, String readOnes, @org.jspecify.annotations.Nullable String others) {
        String plugins = "plugins: [{name: mine, type: anthropic-parser}]\n";

        ReadApis read = read(plugins + (parsers.equals("{}") ? "" : parsers)).readApis();

        assertThat(read.passesOthers()).isEqualTo(passesOthers);
        assertThat(readOnes.split(" ", -1)).allMatch(api -> read.reads(Api.valueOf(api)));
        if (others != null) {
            assertThat(others.split(" ", -1)).noneMatch(api -> read.reads(Api.valueOf(api)));
        }
    }

    /** Section 11: every type of llm-d is known. */
    @Test
    void everyTypeIsKnown() {
        String all =
                "disaggregatedset-rollout-screener agent-identity token-producer tokenizer approx-prefix-cache-producer "
                        + "multicluster-approx-prefix-cache-producer precise-prefix-cache-producer burst-prefix-cache-producer "
                        + "p2p-source-producer inflight-load-producer session-id-producer mm-embeddings-cache-producer "
                        + "predicted-latency-producer latency-slo-admitter probabilistic-admitter single-profile-handler "
                        + "header-profile-handler data-parallel-profile-handler disagg-profile-handler pd-profile-handler "
                        + "disagg-headers-handler prefill-header-handler always-disagg-pd-decider prefix-based-pd-decider "
                        + "always-disagg-multimodal-decider label-selector-filter by-label-selector by-label decode-filter "
                        + "prefill-filter encode-filter session-affinity-filter multicluster-session-affinity-filter "
                        + "endpoint-attribute-filter topology-affinity-filter utilization-filter prefix-cache-affinity-filter "
                        + "slo-headroom-tier-filter context-length-aware utilization-detector concurrency-detector "
                        + "header-based-testing-filter queue-scorer kv-cache-utilization-scorer running-requests-size-scorer "
                        + "lora-affinity-scorer load-aware-scorer prefix-cache-scorer precise-prefix-cache-scorer token-load-scorer "
                        + "active-request-scorer no-hit-lru-scorer mm-embeddings-cache-scorer latency-scorer session-affinity-scorer "
                        + "header-label-affinity-scorer topology-affinity-scorer endpoint-attribute-scorer multicluster-queue-scorer "
                        + "multicluster-kv-cache-utilization-scorer multicluster-prefix-cache-scorer max-score-picker random-picker "
                        + "weighted-random-picker global-strict-fairness-policy round-robin-fairness-policy program-aware-fairness "
                        + "fcfs-ordering-policy edf-ordering-policy slo-deadline-ordering-policy static-usage-limit-policy "
                        + "priority-holdback-policy soft-reflective-ceiling-policy sheddable-eviction-filter "
                        + "priority-then-time-eviction-order-policy openai-parser anthropic-parser vllmhttp-parser vllmgrpc-parser "
                        + "sglanghttp-parser vertexai-parser passthrough-parser request-attribute-reporter "
                        + "destination-endpoint-served-verifier metrics-data-source multicluster-metrics-data-source "
                        + "models-data-source dcgm-data-source k8s-notification-source endpoint-notification-source "
                        + "core-metrics-extractor multicluster-metrics-extractor models-data-extractor dcgm-extractor "
                        + "topology-extractor file-discovery multicluster-file-discovery";
        for (String type : all.split(" ", -1)) {
            boolean built = Schedulers.catalogue().containsKey(type)
                    || ProfileHandlers.CATALOG.containsKey(type)
                    || DataLayerPlugins.CATALOG.containsKey(type)
                    || SchedulingFileReader.IMPLIED.contains(type);
            assertThat(built ^ WaitingPlugins.types().contains(type)).as(type).isTrue();
        }
    }

    @Test
    void withoutProfilesEveryFilterScorerAndPickerIsInOne() {
        SchedulingPolicy policy =
                read("plugins: [{type: queue-scorer}, {type: decode-filter}, {type: session-id-producer, "
                                + "parameters: {headerName: x}}, {type: random-picker}]")
                        .policy();

        assertThat(policy.profiles()).hasSize(1);
        assertThat(policy.profiles().get(0).name()).isEqualTo("default");
        assertThat(policy.profiles().get(0).plugins())
                .extracting(SchedulingPolicy.PluginRef::plugin, SchedulingPolicy.PluginRef::weight)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("queue-scorer", 1.0),
                        org.assertj.core.groups.Tuple.tuple("decode-filter", 1.0),
                        org.assertj.core.groups.Tuple.tuple("random-picker", 1.0));
    }

    @Test
    void everythingOfASchedulingFileIsRead() {
        SchedulingFile read = read("""
                plugins:
                - {name: q, type: queue-scorer}
                - {name: conc, type: concurrency-detector, parameters: {maxConcurrency: 7}}
                - {type: openai-parser}
                schedulingProfiles:
                - name: p
                  plugins: [{pluginRef: q, weight: -2.5}, {pluginRef: conc}]
                flowControl:
                  saturationDetector: {pluginRef: conc}
                saturationDetector: {pluginRef: conc}
                requestHandler: {parsers: [{pluginRef: openai-parser}, {pluginRef: anthropic-parser}]}
                dataLayer: {injectDefaults: true}
                """);

        assertThat(read.waiting()).isEmpty();
        assertThat(read.warnings())
                .containsExactly("flowControl: only its saturationDetector is used while the feature gate is off");
        assertThat(read.policy())
                .isEqualTo(new SchedulingPolicy(
                        List.of(
                                new SchedulingPolicy.Plugin("q", "queue-scorer", Map.of()),
                                new SchedulingPolicy.Plugin(
                                        "conc", "concurrency-detector", Map.of("maxConcurrency", 7))),
                        List.of(new SchedulingPolicy.Profile(
                                "p",
                                List.of(
                                        new SchedulingPolicy.PluginRef("q", -2.5),
                                        new SchedulingPolicy.PluginRef("conc", 1)))),
                        "conc"));
    }

    @Test
    void jsonIsReadAndOlderNamesAreWarnedOf() {
        SchedulingFile read = SchedulingFileReader.read(
                "{\"apiVersion\":\"inference.networking.x-k8s.io/v1alpha1\",\"kind\":\"EndpointPickerConfig\",\"plugins\":[{\"type\":\"by-label\",\"parameters\":{\"label\":\"x\",\"allowsNoLabel\":true}}]}"
                        .getBytes(UTF_8),
                false,
                services());

        assertThat(read.warnings())
                .containsExactly(
                        "apiVersion: inference.networking.x-k8s.io/v1alpha1 is deprecated (expected: llm-d.ai/v1alpha1)",
                        "plugins[0].type: by-label is deprecated (expected: label-selector-filter)");
    }

    /** Section 10.2, each row of errors. */
    @Test
    void whatIsWrongIsNamedByPathValueAndExpectation() {
        assertWrong("plugins: [{name: n}]", "plugins[0].type: missing (expected: the type of plug-in 'n')");
        assertWrong(
                "plugins: [{type: queue-scorer}, {type: queue-scorer}]",
                "plugins[1].name: queue-scorer (expected: a name of");
        assertWrong(
                "plugins: [{type: nonsense}]", "plugins[0].type: nonsense (expected: one of [active-request-scorer,");
        assertWrong("plugins: [{type: queue-scorrer}]", "plugins[0].type: queue-scorrer (expected: queue-scorer)");
        assertWrong(
                "plugins: [{type: utilization-filter}]",
                "plugins[0].type: utilization-filter (expected: no plug-in of Alpha");
        assertWrong("featureGates: [fast]", "featureGates[0]: fast (expected: one of [flowControl, haPopulate");
        assertWrong("plugin: []", "plugin: unknown (expected: one of [apiVersion,");
        assertWrong("plugins: [{type: queue-scorer, weight: 1}]", "plugins[0].weight: unknown (expected");
        assertWrong(
                "plugins: [{type: queue-scorer, parameters: {x: 1}}]",
                "plugins[0].parameters.x: unknown (expected: no parameters)");
        assertWrong(
                "plugins: [{type: token-producer, parameters: {x: 1}}]",
                "plugins[0].parameters.x: unknown (expected: one of [estimate,");
        assertWrong(
                "plugins: [{type: predicted-latency-producer, parameters: {streamingMode: 5}}]",
                "plugins[0].parameters.streamingMode: 5 (expected: true or false)");
        assertWrong("schedulingProfiles: [{plugins: []}]", "schedulingProfiles[0].name: missing (expected: a string)");
        assertWrong("schedulingProfiles: [{name: a}, {name: a}]", "schedulingProfiles[1].name: a (expected: a name of");
        assertWrong(
                "schedulingProfiles: [{name: a, plugins: [{}]}]",
                "schedulingProfiles[0].plugins[0].pluginRef: missing");
        assertWrong(
                "schedulingProfiles: [{name: a, plugins: [{pluginRef: x}]}]",
                "schedulingProfiles[0].plugins[0].pluginRef: x (expected: one of [])");
        assertWrong(
                "plugins: [{type: queue-scorer}]\nschedulingProfiles: [{name: a, plugins: [{pluginRef: queue-scorer, weight: big}]}]",
                "schedulingProfiles[0].plugins[0].weight: big (expected: a number");
        assertWrong(
                "plugins: [{type: single-profile-handler}, {name: h, type: data-parallel-profile-handler}]",
                "plugins[1].type: data-parallel-profile-handler (expected: one profile handler at most)");
        assertWrong(
                "schedulingProfiles: [{name: a}, {name: b}]",
                "schedulingProfiles: [a, b] (expected: exactly one with single-profile-handler)");
        assertWrong(
                "plugins: [{name: a, type: random-picker}, {name: b, type: max-score-picker}]\n"
                        + "schedulingProfiles: [{name: p, plugins: [{pluginRef: a}, {pluginRef: b}]}]",
                "schedulingProfiles[0].plugins[1].pluginRef: b (expected: one picker at most)");
        assertWrong("saturationDetector: {pluginRef: x}", "saturationDetector.pluginRef: x (expected: one of [])");
        assertWrong(
                "plugins: [{type: queue-scorer}]\nsaturationDetector: {pluginRef: queue-scorer}",
                "saturationDetector.pluginRef: queue-scorer (expected: a plug-in of one of [concurrency-detector,");
        assertWrong("requestHandler: {parsers: [{pluginRef: x}]}", "requestHandler.parsers[0].pluginRef: x (expected");
        assertWrong(
                "dataLayer: {sources: [{pluginRef: x}]}", "dataLayer.sources[0].pluginRef: x (expected: one of [])");
        assertWrong(
                "flowControl: {priorityBands: [{priority: 1}, {priority: 1}]}",
                "flowControl.priorityBands[1].priority: 1 (expected: a priority of its own)");
        assertWrong(
                "plugins: [{type: prefix-cache-scorer, parameters: {prefixMatchInfoProducerName: x}}]",
                "plugins: none is a producer named x of PrefixCacheMatchInfoDataKey (expected");
        assertWrong("plugins: [", "line 3, column");
        assertWrong("plugins: []\nplugins: []", "line 4, column");
        assertWrong("plugins: [{type: 'bean:x'}]", "plugins[0].type: bean:x (expected: a bean that");
    }

    @Test
    void aDocumentOfAnotherKindIsRefused() {
        assertThatThrownBy(() -> SchedulingFileReader.read("kind: Pod".getBytes(UTF_8), false, services()))
                .hasMessage("kind: Pod (expected: EndpointPickerConfig)");
        assertThatThrownBy(() -> SchedulingFileReader.read(
                        "kind: EndpointPickerConfig\napiVersion: v9".getBytes(UTF_8), false, services()))
                .hasMessageStartingWith("apiVersion: v9 (expected: llm-d.ai/v1alpha1 or");
        assertThatThrownBy(() -> SchedulingFileReader.read("".getBytes(UTF_8), false, services()))
                .hasMessageStartingWith("documents: 0 (expected: one");
    }

    /** Each level holds the one before ten times: a file of a few lines would become a billion nodes. */
    @Test
    void aliasesThatMultiplyAreRefused() {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x]\n");
        for (int i = 1; i < 10; i++) {
            bomb.append("a").append(i).append(": &a").append(i).append(" [");
            bomb.append(("*a" + (i - 1) + ",").repeat(9))
                    .append("*a")
                    .append(i - 1)
                    .append("]\n");
        }
        assertThatThrownBy(() -> read(bomb.toString())).isInstanceOf(IllegalArgumentException.class);
    }

    private static void assertWrong(String text, String message) {
        assertThatThrownBy(() -> read(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message);
    }

    private static SchedulingFile read(String text) {
        return SchedulingFileReader.read((HEAD + text).getBytes(UTF_8), false, services());
    }

    private static PluginServices services() {
        return new PluginServices(
                new EndpointPool("pool", Set.of("m"), Duration.ofSeconds(1)),
                SchedulingObserver.NONE,
                Runnable::run,
                InstantSource.system());
    }
}
