package io.bactrian.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.fixture.Tokenizers;
import io.bactrian.tokenizer.jinja.Limits;
import io.bactrian.tokenizer.jinja.Template;
import io.bactrian.tokenizer.jinja.TemplateException;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** A template that is wrong is refused, with a line, and never by an error of ours. */
class TemplateRobustnessTest {
    private static final ZonedDateTime NOW = ZonedDateTime.of(2026, 7, 5, 14, 3, 9, 0, ZoneOffset.UTC);
    private static final Map<String, Object> VARIABLES = JsonValues.map(Tokenizers.snippetVariables());
    private static final List<String> PIECES = List.of(
            "{{",
            "}}",
            "{%",
            "%}",
            "{#",
            "#}",
            "-",
            "+",
            " if ",
            " else ",
            " endif ",
            " for ",
            " in ",
            " endfor ",
            " set ",
            " endset ",
            " macro m(",
            ")",
            "(",
            "[",
            "]",
            "{",
            "}",
            ":",
            ",",
            ".",
            "|",
            "~",
            "*",
            "**",
            "/",
            "//",
            "%",
            "=",
            "==",
            "<",
            " not ",
            " is ",
            " and ",
            " or ",
            "'a'",
            "\"",
            "'",
            "\\",
            "1",
            "0",
            "2.5",
            "99999999999999999999",
            "1e999",
            "text",
            "list",
            "map",
            "people",
            "missing",
            "nothing",
            " defined",
            " string",
            "length",
            "join",
            "tojson",
            "sort",
            "map('upper')",
            "selectattr('age')",
            "round",
            "int",
            "range(3)",
            "loop.cycle()",
            "namespace(",
            "dict(",
            "raise_exception('x')",
            ".items()",
            ".split(",
            ".get(",
            "[::-1]",
            "[1:",
            "{{ text }}",
            "{% for x in list %}{{ x }}{% endfor %}",
            "{% if yes %}",
            "{% endif %}",
            "\n",
            " ",
            "🐫",
            "\u0000");

    @Property(tries = 5_000)
    void whatIsWrongIsRefused(@ForAll("sources") String source) {
        try {
            String text = Template.parse(source).render(VARIABLES, new Limits(2000, 5000, () -> false), () -> NOW);
            assertThat(text.length()).isLessThanOrEqualTo(2000);
        } catch (TemplateException e) {
            assertThat(e).hasMessageStartingWith("line ");
        }
    }

    @Provide
    Arbitrary<String> sources() {
        Arbitrary<String> any = Arbitraries.of(PIECES).list().ofMaxSize(14).map(parts -> String.join("", parts));
        Arbitrary<String> expressions = Arbitraries.of(PIECES.subList(16, PIECES.size() - 7))
                .list()
                .ofMinSize(1)
                .ofMaxSize(6)
                .map(parts -> "{{ " + String.join("", parts) + " }}");
        return Arbitraries.oneOf(any, expressions);
    }
}
