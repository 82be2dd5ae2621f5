package io.bactrian.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bactrian.flowcontrol.Objectives;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ObjectivesFileTest {
    private static final String HEAD = "apiVersion: llm-d.ai/v1alpha2\nkind: InferenceObjective\n";

    @Test
    void readsOneDocumentForEach() throws IOException {
        assertThat(ObjectivesFile.read(Files.readAllBytes(Path.of("test-fixtures/objectives/objectives.yaml"))))
                .isEqualTo(Map.of(new Objectives.Key("critical", ""), 100, new Objectives.Key("batch", ""), -1));
    }

    @Test
    void readsListsAndPoolReferences() {
        String one = "{apiVersion: inference.networking.x-k8s.io/v1alpha2, kind: InferenceObjective, "
                + "metadata: {name: a, labels: {x: y}}, spec: {poolRef: {name: p, group: g}}, status: {}}";

        assertThat(read("[" + one + "]")).isEqualTo(Map.of(new Objectives.Key("a", "p"), 0));
        assertThat(read("kind: InferenceObjectiveList\nitems: [" + one + "]"))
                .isEqualTo(Map.of(new Objectives.Key("a", "p"), 0));
        assertThat(read("")).isEmpty();
    }

    @Test
    void whatIsWrongIsNamedByPathValueAndExpectation() {
        assertWrong("kind: Pod", "[0].kind: \"Pod\" (expected: InferenceObjective)");
        assertWrong("kind: InferenceObjective", "[0].apiVersion:  (expected: llm-d.ai/v1alpha2 or");
        assertWrong(HEAD + "spec: {}", "[0].metadata.name: missing (expected: a name)");
        assertWrong(HEAD + "metadata: {name: a}\nspec: {priority: 1.5}", "[0].spec.priority: 1.5 (expected: a whole");
        assertWrong(HEAD + "metadata: {name: a}\nspec: {priority: 3000000000}", "[0].spec.priority: 3000000000 (exp");
        assertWrong(
                HEAD + "metadata: {name: a}\nspec: {weight: 1}", "[0].spec.weight: unknown (expected: one of [pool");
        assertWrong(
                HEAD + "metadata: {name: a}\n---\n" + HEAD + "metadata: {name: a}",
                "[1].metadata.name: a (expected: a name");
        assertWrong("- 5", "[0]: 5 (expected: an object)");
        assertWrong("a: [", "line 1, column");
        assertWrong(HEAD + "kind: InferenceObjective", "line 3, column");
    }

    private static void assertWrong(String text, String message) {
        assertThatThrownBy(() -> read(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message);
    }

    private static Map<Objectives.Key, Integer> read(String text) {
        return ObjectivesFile.read(text.getBytes(UTF_8));
    }
}
