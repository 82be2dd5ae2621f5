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
            "run-encode.camel.yaml",
            "run-prefill.camel.yaml",
            "serve-inference.camel.yaml");

    /** Those that only this role has, in {@code /routes/endpoint-picker}; one replaces a built-in file of its name. */
    public static final List<String> OF_ENDPOINT_PICKER =
            List.of("pick-any.camel.yaml", "relay-decode.camel.yaml", "serve-ext-proc.camel.yaml");

    /** Those that only this role has, in {@code /routes/sidecar}; one replaces a built-in file of its name. */
    public static final List<String> OF_SIDECAR = List.of(
            "relay-decode.camel.yaml",
            "serve-engine.camel.yaml",
            "serve-inference.camel.yaml",
            "serve-rank.camel.yaml");

    /** The door of the other roles. */
    private static final String HTTP_DOOR = "serve-inference.camel.yaml";

    /** Where nothing is left to choose, these have nothing to do. */
    private static final List<String> OF_CHOICE =
            List.of("choose-pool.camel.yaml", "list-models.camel.yaml", "pick-endpoints.camel.yaml");

    private static final String SUFFIX = ".camel.yaml";

    private RouteFiles() {}

    /** Returns the locations for {@code role}, as Camel names them; throws {@link ConfigurationException}. */
    public static List<String> locations(RouteSettings settings, String role) {
        Set<String> own = settings.dir().isEmpty() ? Set.of() : filesIn(Path.of(settings.dir()));
        List<String> locations = new ArrayList<>();
        for (String file : BUILT_IN) {
            if (!own.contains(file) && !isOthers(file, role)) {
                locations.add("classpath:routes/" + file);
            }
        }
        for (String file : filesOf(role)) {
            if (!own.contains(file)) {
                locations.add("classpath:routes/" + role + "/" + file);
            }
        }
        for (String file : own) {
            locations.add("file:" + Path.of(settings.dir(), file));
        }
        return locations;
    }

    private static List<String> filesOf(String role) {
        return switch (role) {
            case BactrianSettings.ENDPOINT_PICKER -> OF_ENDPOINT_PICKER;
            case BactrianSettings.SIDECAR -> OF_SIDECAR;
            default -> List.of();
        };
    }

    private static boolean isOthers(String file, String role) {
        return switch (role) {
            case BactrianSettings.ENDPOINT_PICKER -> file.equals(HTTP_DOOR) || OF_ENDPOINT_PICKER.contains(file);
            case BactrianSettings.SIDECAR -> OF_CHOICE.contains(file) || OF_SIDECAR.contains(file);
            default -> false;
        };
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
