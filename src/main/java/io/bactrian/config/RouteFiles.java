package io.bactrian.config;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Finds the files that routes are read from: the built-in ones, save those a user's file of the same name replaces. */
public final class RouteFiles {

    /** The built-in files, in {@code /routes} of the class path. */
    public static final List<String> BUILT_IN = List.of(
            "choose-pool.camel.yaml",
            "errors.camel.yaml",
            "list-models.camel.yaml",
            "pick-endpoints.camel.yaml",
            "relay-decode.camel.yaml",
            "run-prefill.camel.yaml",
            "serve-inference.camel.yaml");

    private static final String SUFFIX = ".camel.yaml";

    private RouteFiles() {}

    /** Returns the locations, as Camel names them; throws {@link ConfigurationException}. */
    public static List<String> locations(RouteSettings settings) {
        Set<String> own = settings.dir().isEmpty() ? Set.of() : filesIn(Path.of(settings.dir()));
        List<String> locations = new ArrayList<>();
        for (String file : BUILT_IN) {
            if (!own.contains(file)) {
                locations.add("classpath:routes/" + file);
            }
        }
        for (String file : own) {
            locations.add("file:" + Path.of(settings.dir(), file));
        }
        return locations;
    }

    private static Set<String> filesIn(Path dir) {
        if (!Files.isDirectory(dir)) {
            throw new ConfigurationException("bactrian.routes.dir: " + dir + " (expected: a folder)");
        }
        try (Stream<Path> files = Files.list(dir)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> name.endsWith(SUFFIX))
                    .collect(Collectors.toCollection(TreeSet::new));
        } catch (IOException e) {
            throw new UncheckedIOException("reading " + dir, e);
        }
    }
}
