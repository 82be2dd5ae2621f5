package io.bactrian.config;

import java.util.List;

/**
 * What is let through unread.
 *
 * @param paths paths beside the built-in ones that go to a model server as they are; administration of engines is
 *     refused even if listed
 */
public record PassthroughSettings(List<String> paths) {

    public static final PassthroughSettings DEFAULTS = new PassthroughSettings(List.of());

    public PassthroughSettings {
        paths = List.copyOf(paths);
    }
}
