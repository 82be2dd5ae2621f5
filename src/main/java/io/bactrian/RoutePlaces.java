package io.bactrian;

import io.bactrian.RouteText.Place;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/** Names places in files of routes the way compilers do: {@code file:line: route r, step s: }. */
final class RoutePlaces {
    private static final String FILE = "file:";
    private static final String CLASSPATH = "classpath:";

    private final List<String> locations;

    /** @param locations the files that routes were read from, as Camel names them */
    RoutePlaces(List<String> locations) {
        this.locations = locations;
    }

    /**
     * Returns where the first key or value that is {@code wanted} stands in the route {@code id}; else in any file, as in
     * the configuration of all routes; else where the route begins.
     */
    String inRoute(String id, Predicate<String> wanted) {
        return first(locations, text -> text.find(id, wanted))
                .or(() -> anywhere(wanted))
                .or(() -> first(locations, text -> text.find(id, id::equals)))
                .orElse("route " + id + ": ");
    }

    /** Returns where the first key or value that is {@code wanted} stands in any file. */
    Optional<String> anywhere(Predicate<String> wanted) {
        return first(locations, text -> text.find(wanted));
    }

    /** Returns where the last of several routes called {@code id} begins: users' own files come after the built-in ones. */
    String lastRoute(String id) {
        List<String> reversed = new ArrayList<>(locations);
        Collections.reverse(reversed);
        return first(reversed, text -> text.find(id, id::equals)).orElse("route " + id + ": ");
    }

    /** Returns the place of {@code line}, counted from 1, in the file at {@code location}. */
    String atLine(String location, int line) {
        return shown(location, new RouteText(read(location)).at(line).orElse(new Place(line, "", "")));
    }

    private static Optional<String> first(List<String> locations, Function<RouteText, Optional<Place>> search) {
        for (String location : locations) {
            Optional<Place> place = search.apply(new RouteText(read(location)));
            if (place.isPresent()) {
                return place.map(found -> shown(location, found));
            }
        }
        return Optional.empty();
    }

    private static String shown(String location, Place place) {
        String route = place.route().isEmpty() ? "" : "route " + place.route();
        String step = place.step().isEmpty() ? "" : "step " + place.step();
        String both = route + (route.isEmpty() || step.isEmpty() ? "" : ", ") + step;
        return path(location) + ":" + place.line() + ": " + (both.isEmpty() ? "" : both + ": ");
    }

    /** Returns {@code location} as a user names it: a path, unless the file is a built-in one. */
    private static String path(String location) {
        return location.startsWith(FILE) ? location.substring(FILE.length()) : location;
    }

    private static String read(String location) {
        try {
            if (location.startsWith(CLASSPATH)) {
                return resource("/" + location.substring(CLASSPATH.length()));
            }
            Path file = Path.of(path(location));
            return Files.isReadable(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            throw new UncheckedIOException("reading " + location, e);
        }
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = RoutePlaces.class.getResourceAsStream(name)) {
            return in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
