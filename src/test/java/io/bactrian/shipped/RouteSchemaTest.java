package io.bactrian.shipped;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bactrian.config.RouteFiles;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every route file reads as Camel's YAML DSL says, in the canonical form that graphical editors write. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS) // so that schemas are read once, and let go of
class RouteSchemaTest {
    @AutoClose
    private final StrictSchema yamlDsl = StrictSchema.ofResource("/schema/camelYamlDsl.json");

    /** Of the first Camel release that has one; unpacked by the build. */
    @AutoClose
    private final StrictSchema canonical = StrictSchema.ofResource("/schema/camelYamlDsl-canonical.json");

    static Stream<Path> routeFiles() {
        return Stream.of(YamlFiles.ROUTES, Path.of("examples"), Path.of("k8s"))
                .flatMap(folder -> YamlFiles.under(folder, ".camel.yaml").stream());
    }

    @ParameterizedTest
    @MethodSource("routeFiles")
    void isValid(Path file) {
        assertThat(yamlDsl.faults(YamlFiles.read(file))).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("routeFiles")
    void isCanonical(Path file) {
        assertThat(canonical.faults(YamlFiles.read(file))).isEmpty();
    }

    @Test
    void knowsTheBuiltInFiles() {
        Path picker = YamlFiles.ROUTES.resolve("endpoint-picker");
        Path sidecar = YamlFiles.ROUTES.resolve("sidecar");
        assertThat(YamlFiles.under(YamlFiles.ROUTES, ".camel.yaml").stream()
                        .filter(file -> !file.startsWith(picker) && !file.startsWith(sidecar)))
                .extracting(file -> file.getFileName().toString())
                .containsExactlyElementsOf(RouteFiles.BUILT_IN);
        assertThat(YamlFiles.under(picker, ".camel.yaml"))
                .extracting(file -> file.getFileName().toString())
                .containsExactlyElementsOf(RouteFiles.OF_ENDPOINT_PICKER);
        assertThat(YamlFiles.under(sidecar, ".camel.yaml"))
                .extracting(file -> file.getFileName().toString())
                .containsExactlyElementsOf(RouteFiles.OF_SIDECAR);
    }

    @Test
    void findsAMisspeltStep() throws Exception {
        JsonNode route = route("- stop: {}");
        assertThat(yamlDsl.faults(route)).isEmpty();

        ((ObjectNode) route.at("/0/route/from/steps/0")).set("setBodyy", route.at("/0/route/from/steps/0/stop"));

        assertThat(yamlDsl.faults(route)).anyMatch(fault -> fault.contains("setBodyy"));
    }

    @Test
    void findsShorthand() throws Exception {
        assertThat(faultsOf("- to: direct:elsewhere")).isEqualTo(List.of(true, false));
        assertThat(faultsOf("- to: {uri: 'direct:elsewhere'}")).isEqualTo(List.of(true, true));
        assertThat(faultsOf("- setBody: {simple: 'x'}")).isEqualTo(List.of(true, false));
        assertThat(faultsOf("- setBody: {expression: {simple: {expression: 'x'}}}"))
                .isEqualTo(List.of(true, true));
    }

    /** Returns whether {@code step} is valid, and whether it is canonical. */
    private List<Boolean> faultsOf(String step) throws Exception {
        JsonNode route = route(step);
        return List.of(yamlDsl.faults(route).isEmpty(), canonical.faults(route).isEmpty());
    }

    private static JsonNode route(String step) throws Exception {
        return YamlFiles.MAPPER.readTree("- route: {id: r, from: {uri: 'direct:r', steps: [%s]}}"
                .formatted(step.substring(2).isEmpty() ? "" : "{" + step.substring(2) + "}"));
    }
}
