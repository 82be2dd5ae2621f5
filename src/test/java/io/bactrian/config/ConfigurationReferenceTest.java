package io.bactrian.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Keeps docs/configuration.md equal to the records: keys and defaults by reflection, descriptions from their Javadoc. To
 * write the file anew run {@code ./mvnw test -Dtest=ConfigurationReferenceTest -Dbactrian.docs.write=true}.
 */
class ConfigurationReferenceTest {
    private static final Path REFERENCE = Path.of("docs/configuration.md");
    private static final Path SOURCES = Path.of("src/main/java");

    @Test
    void referenceEqualsTheRecords() throws IOException {
        String expected = render();
        if (Boolean.getBoolean("bactrian.docs.write")) {
            Files.writeString(REFERENCE, expected);
        }
        assertThat(Files.readString(REFERENCE)).isEqualTo(expected);
    }

    @Test
    void everyKeyIsDescribed() {
        assertThat(settings())
                .allSatisfy(setting -> assertThat(description(setting)).isNotBlank());
    }

    private static List<SettingsReader.Setting> settings() {
        return SettingsReader.describe(BactrianSettings.class, BactrianSettings.PREFIX, BactrianSettings.DEFAULTS);
    }

    private static String render() {
        StringBuilder page = new StringBuilder();
        page.append("""
                # Configuration

                Keys of `application.properties` in the working folder, of the file named by `--config`, or of `-D` options.
                Each may be set by an environment variable instead: upper case, with `_` for `.` and `-`
                (`BACTRIAN_HTTP_PORT`). Sizes take `KiB`, `MiB` and `GiB`, durations `ms`, `s`, `m` and `h`, lists commas.
                An unknown key, or a value that does not fit, stops the start with a message that names it.

                Camel's own keys (`camel.*`) are passed on; the operations port is set by `camel.management.host`
                (127.0.0.1) and `camel.management.port` (9876).

                This page is made from the settings records; `ConfigurationReferenceTest` fails when they differ and says
                how to write it anew.

                | key | default | meaning |
                |---|---|---|
                """);
        for (SettingsReader.Setting setting : settings()) {
            String value = setting.defaultValue().isEmpty() ? "" : "`" + setting.defaultValue() + "`";
            page.append("| `%s` | %s | %s |\n".formatted(setting.key(), value, description(setting)));
        }
        return page.toString();
    }

    /** Returns what the record's {@code @param} line says. */
    private static String description(SettingsReader.Setting setting) {
        Path source = SOURCES.resolve(setting.owner().getName().replace('.', '/') + ".java");
        try {
            Matcher matcher = Pattern.compile(
                            "@param " + setting.component() + "\\s+(.*?)\\s*(?=\\n \\* @param|\\n \\*/)",
                            Pattern.DOTALL)
                    .matcher(Files.readString(source));
            assertThat(matcher.find())
                    .as("@param %s in %s", setting.component(), source)
                    .isTrue();
            return matcher.group(1).replaceAll("\\s*\\n \\*\\s*", " ").replaceAll("\\{@code ([^}]*)}", "`$1`");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
