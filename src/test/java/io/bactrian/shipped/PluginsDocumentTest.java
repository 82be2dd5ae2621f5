package io.bactrian.shipped;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.config.datalayer.DataLayerPlugins;
import io.bactrian.fixture.OwnPlugins;
import io.bactrian.scheduling.profile.ProfileHandlers;
import io.bactrian.scheduling.profile.Schedulers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class PluginsDocumentTest {
    private static final Pattern TYPE = Pattern.compile("`([a-z0-9-]+)`");

    @Test
    void listsEveryTypeThatIsBuiltAndNoOther() throws IOException {
        Set<String> listed = new TreeSet<>();
        for (String line : Files.readAllLines(Path.of("docs/plugins.md"))) {
            if (line.startsWith("| `")) {
                Matcher type = TYPE.matcher(line.substring(0, line.indexOf('|', 1)));
                while (type.find()) {
                    listed.add(type.group(1));
                }
            }
        }

        Set<String> built = new TreeSet<>(Schedulers.catalogue().keySet());
        built.addAll(ProfileHandlers.CATALOG.keySet());
        built.addAll(DataLayerPlugins.CATALOG.keySet());
        built.addAll(Set.of(
                "openai-parser", "anthropic-parser", "vllmhttp-parser", "sglanghttp-parser", "passthrough-parser"));
        built.remove(OwnPlugins.TYPE);
        assertThat(listed).isEqualTo(built);
    }
}
