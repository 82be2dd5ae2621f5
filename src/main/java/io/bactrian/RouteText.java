package io.bactrian;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** A file of routes as its author sees it: what stands on which line, in which route and step. */
final class RouteText {
    private static final Set<String> ROUTE_KEYS = Set.of("route", "routeConfiguration", "routeTemplate");

    private final List<Word> words = new ArrayList<>();

    /** Takes a file that need not be right; nothing is found in one that is no YAML. */
    RouteText(String yaml) {
        try {
            new Compose(LoadSettings.builder().build())
                    .composeString(yaml)
                    .ifPresent(root -> walk(root, new Place(1, "", "")));
        } catch (YamlEngineException e) {
            words.clear();
        }
    }

    /**
     * A place in a file.
     *
     * @param line counted from 1
     * @param route id of the route around it; empty if it has none
     * @param step id of the step around it, else the step's kind; empty outside of steps
     */
    record Place(int line, String route, String step) {
        Place on(Node node) {
            return new Place(lineOf(node), route, step);
        }
    }

    /** A key or a plain value. */
    private record Word(String text, Place place) {}

    /** Returns the first place in the route {@code id} whose key or value {@code wanted} accepts. */
    Optional<Place> find(String id, Predicate<String> wanted) {
        return words.stream()
                .filter(word -> word.place().route().equals(id) && wanted.test(word.text()))
                .map(Word::place)
                .findFirst();
    }

    /** Returns the first place whose key or value {@code wanted} accepts. */
    Optional<Place> find(Predicate<String> wanted) {
        return words.stream()
                .filter(word -> wanted.test(word.text()))
                .map(Word::place)
                .findFirst();
    }

    /** Returns the first place on {@code line}, counted from 1. */
    Optional<Place> at(int line) {
        return words.stream()
                .map(Word::place)
                .filter(place -> place.line() == line)
                .findFirst();
    }

    private void walk(Node node, Place place) {
        if (node instanceof ScalarNode scalar) {
            words.add(new Word(scalar.getValue(), place.on(scalar)));
        } else if (node instanceof SequenceNode sequence) {
            sequence.getValue().forEach(item -> walk(item, place));
        } else if (node instanceof MappingNode mapping) {
            mapping.getValue().forEach(entry -> walk(entry, place));
        }
    }

    private void walk(NodeTuple entry, Place place) {
        String key = entry.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "";
        Node value = entry.getValueNode();
        if (key.equals("steps") && value instanceof SequenceNode steps) {
            words.add(new Word(key, place.on(entry.getKeyNode())));
            steps.getValue().forEach(step -> walkStep(step, place));
            return;
        }
        Place inside = inside(key, value, place);
        words.add(new Word(key, inside.on(entry.getKeyNode())));
        walk(value, inside);
    }

    private void walkStep(Node step, Place place) {
        String kind = step instanceof MappingNode mapping
                        && !mapping.getValue().isEmpty()
                        && mapping.getValue().get(0).getKeyNode() instanceof ScalarNode scalar
                ? scalar.getValue()
                : "";
        walk(step, new Place(place.line(), place.route(), kind));
    }

    private static Place inside(String key, Node value, Place place) {
        Optional<String> id = idOf(value);
        if (id.isEmpty()) {
            return place;
        }
        return ROUTE_KEYS.contains(key)
                ? new Place(place.line(), id.get(), "")
                : new Place(place.line(), place.route(), id.get());
    }

    private static Optional<String> idOf(Node node) {
        if (node instanceof MappingNode mapping) {
            for (NodeTuple entry : mapping.getValue()) {
                if (entry.getKeyNode() instanceof ScalarNode key
                        && key.getValue().equals("id")
                        && entry.getValueNode() instanceof ScalarNode id) {
                    return Optional.of(id.getValue());
                }
            }
        }
        return Optional.empty();
    }

    private static int lineOf(Node node) {
        return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
    }
}
