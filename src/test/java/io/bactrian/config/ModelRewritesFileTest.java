package io.bactrian.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bactrian.scheduling.rewrite.RewriteRule;
import io.bactrian.scheduling.rewrite.RewriteRule.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ModelRewritesFileTest {
    private static final String HEAD = "apiVersion: llm-d.ai/v1alpha2\nkind: InferenceModelRewrite\n";
    private static final String NAMED = HEAD + "metadata: {name: a}\n";

    @Test
    void readsTheOldestResourceFirst() throws IOException {
        List<Target> canary = List.of(new Target("llama-v1", 90), new Target("llama-v2", 10));

        assertThat(ModelRewritesFile.read(
                        Files.readAllBytes(Path.of("test-fixtures/model-rewrites/model-rewrites.yaml"))))
                .containsExactly(
                        new RewriteRule("everything-else", "", "", List.of(new Target("llama-v1", 0))),
                        new RewriteRule("canary", "chat", "assistant", canary),
                        new RewriteRule("canary", "chat", "assistant-latest", canary));
    }

    @Test
    void keepsTheOrderOfResourcesWithoutATime() {
        String rules = "spec: {rules: [{targets: [{modelRewrite: t}]}]}";

        assertThat(ModelRewritesFile.read(
                        (HEAD + "metadata: {name: b}\n" + rules + "\n---\n" + NAMED + rules).getBytes(UTF_8)))
                .extracting(RewriteRule::name)
                .containsExactly("b", "a");
    }

    @Test
    void whatIsWrongIsNamedByPathValueAndExpectation() {
        assertWrong("kind: Pod", "[0].kind: \"Pod\" (expected: InferenceModelRewrite)");
        assertWrong(HEAD + "spec: {}", "[0].metadata.name: missing (expected: a name)");
        assertWrong(NAMED, "[0].spec: missing (expected: an object)");
        assertWrong(NAMED + "spec: {rules: []}", "[0].spec.rules: [] (expected: a list of at least one)");
        assertWrong(NAMED + "spec: {rules: [{}]}", "[0].spec.rules[0].targets: missing (expected: a list");
        assertWrong(
                NAMED + "spec: {rules: [{targets: [{weight: 1}]}]}",
                "[0].spec.rules[0].targets[0].modelRewrite: missing (expected: the name of a model)");
        assertWrong(
                NAMED + "spec: {rules: [{targets: [{modelRewrite: t, weight: 0}]}]}",
                "[0].spec.rules[0].targets[0].weight: 0 (expected: 1 to 1000000)");
        assertWrong(
                NAMED + "spec: {rules: [{matches: [{model: {type: Prefix, value: v}}], targets: [{modelRewrite: t}]}]}",
                "[0].spec.rules[0].matches[0].model.type: \"Prefix\" (expected: Exact)");
        assertWrong(
                HEAD + "metadata: {name: a, creationTimestamp: now}\nspec: {rules: [{targets: [{modelRewrite: t}]}]}",
                "[0].metadata.creationTimestamp: \"now\" (expected: a time");
    }

    private static void assertWrong(String text, String message) {
        assertThatThrownBy(() -> ModelRewritesFile.read(text.getBytes(UTF_8)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message);
    }
}
