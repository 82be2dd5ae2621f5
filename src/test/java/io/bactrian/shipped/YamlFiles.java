package io.bactrian.shipped;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Finds and reads YAML files of the repository. */
final class YamlFiles {
    static final ObjectMapper MAPPER = new ObjectMapper(new YAMLFactory());

    static final Path ROUTES = Path.of("src/main/resources/routes");
    static final Path KAMELETS = Path.of("src/main/resources/kamelets");

    private static final Pattern VERSION =
            Pattern.compile("<artifactId>bactrian</artifactId>\\s*<version>([^<]+)</version>");

    private YamlFiles() {}

    static JsonNode read(Path file) {
        try {
            return MAPPER.readTree(text(file));
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException("reading " + file, e);
        }
    }

    /** Returns the version in the project's own description, where a build finds it. */
    static String projectVersion() {
        Matcher version = VERSION.matcher(text(Path.of("pom.xml")));
        if (!version.find()) {
            throw new IllegalStateException("pom.xml names no version");
        }
        return version.group(1);
    }

    static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException("reading " + file, e);
        }
    }

    /** Returns the files under {@code folder} whose names end in {@code suffix}, in the order of their paths. */
    static List<Path> under(Path folder, String suffix) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(suffix))
                    .filter(file -> !file.startsWith(folder.resolve("target")))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("looking through " + folder, e);
        }
    }
}
