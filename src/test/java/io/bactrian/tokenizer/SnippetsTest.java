package io.bactrian.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.bactrian.fixture.Tokenizers;
import io.bactrian.tokenizer.jinja.Limits;
import io.bactrian.tokenizer.jinja.Template;
import io.bactrian.tokenizer.jinja.TemplateException;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Pieces of templates, rendered as Jinja was recorded to render them; what it refuses is refused. */
class SnippetsTest {
    private static final ZonedDateTime NOW = ZonedDateTime.of(2026, 7, 5, 14, 3, 9, 0, ZoneOffset.UTC);

    @TestFactory
    Stream<DynamicTest> writesWhatJinjaWrites() {
        Map<String, Object> variables = JsonValues.map(Tokenizers.snippetVariables());
        return Tokenizers.recorded("recorded-snippets.json").stream().map(snippet -> {
            String source = snippet.get("source").textValue();
            return DynamicTest.dynamicTest(source, () -> check(snippet, source, variables));
        });
    }

    private static void check(JsonNode snippet, String source, Map<String, Object> variables) {
        if (snippet.has("error")) {
            assertThatThrownBy(() -> render(source, variables))
                    .isInstanceOf(TemplateException.class)
                    .hasMessageStartingWith("line 1: ");
        } else {
            assertThat(render(source, variables)).isEqualTo(snippet.get("text").textValue());
        }
    }

    private static String render(String source, Map<String, Object> variables) {
        return Template.parse(source).render(variables, new Limits(10_000, 10_000, () -> false), () -> NOW);
    }
}
