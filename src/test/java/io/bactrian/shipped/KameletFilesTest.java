package io.bactrian.shipped;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every kamelet is one that Camel K takes, kept to the conventions of Camel's catalogue of kamelets. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS) // so that schemas are read once, and let go of
class KameletFilesTest {
    @AutoClose
    private final StrictSchema kameletSchema =
            StrictSchema.ofCustomResource(Path.of("test-fixtures/crds/camel.apache.org_kamelets.yaml"), "v1");

    @AutoClose
    private final StrictSchema steps = StrictSchema.ofResource("/schema/camelYamlDsl-canonical.json");

    private static final String PREFIX = "camel.apache.org/";
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{\\??([A-Za-z0-9]+)\\}\\}");

    static Stream<Path> kamelets() {
        return YamlFiles.under(YamlFiles.KAMELETS, ".kamelet.yaml").stream();
    }

    @Test
    void thereAreKamelets() {
        assertThat(kamelets()).hasSize(3);
    }

    @ParameterizedTest
    @MethodSource("kamelets")
    void fitsTheCustomResource(Path file) {
        assertThat(kameletSchema.faults(YamlFiles.read(file))).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("kamelets")
    void hasOneNameThreeTimes(Path file) {
        JsonNode kamelet = YamlFiles.read(file);
        String name = kamelet.at("/metadata/name").asText();
        String type =
                kamelet.at("/metadata/labels").path(PREFIX + "kamelet.type").asText();

        assertThat(file.getFileName()).hasToString(name + ".kamelet.yaml");
        assertThat(type).isIn("source", "action", "sink");
        assertThat(name).endsWith("-" + type);
        assertThat(kamelet.at("/spec/definition/title").asText().toLowerCase(Locale.ROOT))
                .isEqualTo(name.replace('-', ' '));
    }

    @ParameterizedTest
    @MethodSource("kamelets")
    void hasTheAnnotationsOfTheCatalogue(Path file) {
        JsonNode annotations = YamlFiles.read(file).at("/metadata/annotations");

        for (String name : List.of(
                "kamelet.support.level",
                "catalog.version",
                "kamelet.icon",
                "provider",
                "kamelet.group",
                "kamelet.namespace")) {
            assertThat(annotations.path(PREFIX + name).asText()).as(name).isNotEmpty();
        }
        assertThat(annotations.path(PREFIX + "kamelet.icon").asText()).startsWith("data:image/svg+xml;base64,");
        assertThat(annotations.path(PREFIX + "catalog.version").asText()).isEqualTo(YamlFiles.projectVersion());
    }

    @ParameterizedTest
    @MethodSource("kamelets")
    void explainsEveryPropertyAndUsesIt(Path file) {
        JsonNode definition = YamlFiles.read(file).at("/spec/definition");
        Set<String> properties = new HashSet<>();
        definition.path("properties").properties().forEach(property -> {
            properties.add(property.getKey());
            JsonNode value = property.getValue();
            assertThat(value.path("title").asText()).as(property.getKey()).isNotEmpty();
            assertThat(value.path("description").asText()).as(property.getKey()).isNotEmpty();
            assertThat(value.path("type").asText()).as(property.getKey()).isNotEmpty();
            assertThat(value.has("default") || value.has("example"))
                    .as(property.getKey())
                    .isTrue();
        });

        assertThat(definition.path("type").asText()).isEqualTo("object");
        assertThat(definition.path("description").asText()).isNotEmpty();
        assertThat(definition.path("required")).extracting(JsonNode::asText).isSubsetOf(properties);
        assertThat(PLACEHOLDER.matcher(YamlFiles.text(file)).results().map(match -> match.group(1)))
                .containsExactlyInAnyOrderElementsOf(properties);
    }

    @ParameterizedTest
    @MethodSource("kamelets")
    void beginsAtTheRouteThatUsesItAndNamesWhatItNeeds(Path file) {
        JsonNode spec = YamlFiles.read(file).path("spec");

        assertThat(spec.at("/template/from/uri").asText()).isEqualTo("kamelet:source");
        assertThat(spec.at("/dependencies/0").asText()).isEqualTo("camel:kamelet");
        assertThat(spec.path("dependencies"))
                .extracting(JsonNode::asText)
                .contains("mvn:io.bactrian:bactrian:" + YamlFiles.projectVersion());
    }

    @ParameterizedTest
    @MethodSource("kamelets")
    void hasCanonicalSteps(Path file) {
        ObjectNode route = YamlFiles.MAPPER.createObjectNode();
        route.putObject("route").set("from", YamlFiles.read(file).at("/spec/template/from"));

        assertThat(steps.faults(YamlFiles.MAPPER.createArrayNode().add(route))).isEmpty();
    }

    @Test
    void findsAFieldThatCamelKDoesNotKnow() {
        JsonNode kamelet = YamlFiles.read(kamelets().findFirst().orElseThrow());

        ((ObjectNode) kamelet.path("spec")).put("dependency", "camel:log");

        assertThat(kameletSchema.faults(kamelet)).anyMatch(fault -> fault.contains("dependency"));
    }
}
