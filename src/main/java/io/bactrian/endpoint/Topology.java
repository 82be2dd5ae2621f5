package io.bactrian.endpoint;

import io.bactrian.request.DataKey;

/**
 * Where an endpoint stands.
 *
 * @param hostname its machine; each part is empty if it is not known
 */
public record Topology(String hostname, String rack, String zone, String region) {

    /** How near two endpoints are, the nearest first. */
    public enum Level {
        HOST,
        RACK,
        ZONE,
        REGION,
        /** They share nothing that is known. */
        NONE
    }

    /** The type by which llm-d names it. */
    public static final String TYPE = "Topology";

    private static final String DEFAULT_PRODUCER = "topology-extractor";

    /** Returns the key under which {@code producer} attaches it; that of the default producer if it is empty. */
    public static DataKey<Topology> key(String producer) {
        return new DataKey<>(TYPE, producer.isEmpty() ? DEFAULT_PRODUCER : producer);
    }

    /** Returns the nearest level that both share. */
    public Level closest(Topology other) {
        if (same(hostname, other.hostname)) {
            return Level.HOST;
        }
        if (same(rack, other.rack)) {
            return Level.RACK;
        }
        if (same(zone, other.zone)) {
            return Level.ZONE;
        }
        return same(region, other.region) ? Level.REGION : Level.NONE;
    }

    private static boolean same(String one, String other) {
        return !one.isEmpty() && one.equals(other);
    }
}
