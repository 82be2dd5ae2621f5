package io.bactrian.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bactrian.tokenizer.jinja.Limits;
import io.bactrian.tokenizer.jinja.Template;
import io.bactrian.tokenizer.jinja.TemplateException;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A template cannot hold a thread or the memory, nor leave its box. */
class TemplateLimitsTest {
    private static final ZonedDateTime NOW = ZonedDateTime.of(2026, 7, 5, 14, 3, 9, 0, ZoneOffset.UTC);
    private static final Limits SMALL = new Limits(1000, 100_000, () -> false);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% for i in range(999) %}{% for j in range(999) %}{% set x = 1 %}{% endfor %}{% endfor %}",
                "{{ range(1000000000) | length }}",
                "{{ 'x' * 1000000000 }}",
                "{{ 'x' * 1001 }}",
                "{% set ns = namespace(x='xx') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
                "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
                "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
                "{{ 2 ** 99999999 }}",
                "{{ [1] | tojson(indent=99999999) }}",
                "{{ 'x'.rjust(1000000000) }}",
                "{{ 'a\nb' | indent(1000000000) }}",
                "{{ 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'.replace('a', 'x' * 999) }}"
            })
    void endsWhatTakesTooMuch(String source) {
        assertThatThrownBy(() -> Template.parse(source).render(Map.of(), SMALL, () -> NOW))
                .isInstanceOf(TemplateException.class);
    }

    @Test
    void endsWhatTakesTooLong() {
        AtomicInteger looks = new AtomicInteger();
        Limits limits = new Limits(1000, Long.MAX_VALUE, () -> looks.incrementAndGet() == 3);
        String endless = "{% for i in range(9999) %}{% for j in range(9999) %}{{ '' }}{% endfor %}{% endfor %}";
        Limits roomy = new Limits(1_000_000, Long.MAX_VALUE, limits.isLate());

        assertThatThrownBy(() -> Template.parse(endless).render(Map.of(), roomy, () -> NOW))
                .isInstanceOf(TemplateException.class)
                .hasMessage("line 1: took too long");
        assertThat(looks).hasValue(3);
    }

    @Test
    void refusesWhatIsNestedTooDeeply() {
        String source = "{{ " + "(".repeat(100_000) + "1" + ")".repeat(100_000) + " }}";

        assertThatThrownBy(() -> Template.parse(source)).isInstanceOf(TemplateException.class);
    }

    @Test
    void neverReadsAMessageAsATemplate() {
        Template template = Template.parse("{% set said = message %}{{ said }}{{ [said] | join }}");

        assertThat(template.render(Map.of("message", "{{ 7 * 7 }}{% raw %}"), SMALL, () -> NOW))
                .isEqualTo("{{ 7 * 7 }}{% raw %}{{ 7 * 7 }}{% raw %}");
    }

    @Test
    void reachesNoJavaObject() {
        Template template = Template.parse("{{ text.class }}{{ text['getClass'] }}{{ list.iterator }}{{ map.size }}");
        Map<String, Object> variables = Map.of("text", "x", "list", List.of(1L), "map", Map.of());

        assertThat(template.render(variables, SMALL, () -> NOW)).isEmpty();
    }
}
