package io.bactrian.telemetry;

import java.util.Collection;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps the values of one label few: what clients make up after the first thousand is called {@code other}. Names that the
 * configuration holds always stand for themselves. Safe between threads; with many at once a few more may slip in.
 */
final class CappedNames {
    static final String OTHER = "other";
    private static final int LIMIT = 1000;

    private final Set<String> pinned;
    private final Set<String> seen = ConcurrentHashMap.newKeySet();

    CappedNames(Collection<String> pinned) {
        this.pinned = Set.copyOf(pinned);
    }

    String of(String name) {
        if (pinned.contains(name) || seen.contains(name)) {
            return name;
        }
        if (seen.size() >= LIMIT) {
            return OTHER;
        }
        seen.add(name);
        return name;
    }
}
