package io.bactrian.shipped;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;

/** What Camel and its editors know of our components is generated from it, and committed. */
class ComponentMetadataTest {
    private static final Path COMMITTED = Path.of("src/generated");
    private static final Path GENERATED = Path.of("target/component-metadata");

    @Test
    void isWhatTheBuildGenerates() {
        assertThat(contents(COMMITTED))
                .as("./mvnw process-classes -Dcomponent.metadata.dir=src/generated renews it")
                .isNotEmpty()
                .isEqualTo(contents(GENERATED));
    }

    private static Map<Path, List<String>> contents(Path root) {
        Map<Path, List<String>> contents = new TreeMap<>();
        for (Path file : YamlFiles.under(root, "")) {
            if (file.toFile().isFile()) {
                contents.put(root.relativize(file), YamlFiles.text(file).lines().toList());
            }
        }
        return contents;
    }

    @Test
    void letsCamelMakeTheComponentItself() throws Exception {
        try (DefaultCamelContext camel = new DefaultCamelContext()) {
            assertThat(camel.getComponent("model-server")).isNotNull();
            assertThat(camel.getEndpoint("model-server:decode?maxResponseBytes=1"))
                    .hasToString("model-server://decode?maxResponseBytes=1");
            assertThat(camel.getEndpoint("ext-proc:127.0.0.1:9002?healthPort=1"))
                    .hasToString("ext-proc://127.0.0.1:9002?healthPort=1");
        }
    }
}
