package io.bactrian.simulator.engine;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Which LoRA adapters an engine has loaded. An adapter keeps its place while a sequence uses it, and afterwards until another
 * needs the place: the one that was idle the longest goes first. Loading takes time, but stops nobody else.
 */
final class AdapterPlaces {
    private static final long NOT_NOW = -1;

    private final AdapterOptions options;
    private final SplittableRandom random;
    private final Map<String, Place> places = new LinkedHashMap<>(); // by adapter, the longest unused first
    private long loads;

    private static final class Place {
        final long readyNanos;
        int users;

        Place(long readyNanos) {
            this.readyNanos = readyNanos;
        }
    }

    AdapterPlaces(AdapterOptions options, long seed) {
        this.options = options;
        this.random = new SplittableRandom(seed);
    }

    /** Tells whether a sequence that wants {@code adapter}, empty for none, can run. */
    boolean isReady(String adapter, long nowNanos) {
        if (adapter.isEmpty()) {
            return true;
        }
        Place place = places.get(adapter);
        return place != null && place.readyNanos <= nowNanos;
    }

    /** Begins to load {@code adapter} if that has not begun and there is a place; returns when it is ready, -1 if never yet. */
    long load(String adapter, long nowNanos) {
        Place place = places.get(adapter);
        if (place == null) {
            if (places.size() >= options.places() && !makeRoom(nowNanos)) {
                return NOT_NOW;
            }
            place = new Place(nowNanos + loadNanos());
            places.put(adapter, place);
            loads++;
        }
        return place.readyNanos;
    }

    /** A sequence that wants {@code adapter} begins to run. */
    void use(String adapter) {
        Place place = places.remove(adapter);
        if (place != null) {
            place.users++;
            places.put(adapter, place); // to the end: it is the one used last
        }
    }

    /** A sequence that wants {@code adapter} runs no more. */
    void leave(String adapter) {
        Place place = places.get(adapter);
        if (place != null) {
            place.users--;
        }
    }

    /** Returns how often an adapter has been loaded. */
    long loads() {
        return loads;
    }

    private boolean makeRoom(long nowNanos) {
        for (Map.Entry<String, Place> entry : places.entrySet()) {
            if (entry.getValue().users == 0 && entry.getValue().readyNanos <= nowNanos) {
                places.remove(entry.getKey());
                return true;
            }
        }
        return false;
    }

    private long loadNanos() {
        return options.loadTimes().isEmpty()
                ? 0
                : options.loadTimes()
                        .get(random.nextInt(options.loadTimes().size()))
                        .toNanos();
    }
}
