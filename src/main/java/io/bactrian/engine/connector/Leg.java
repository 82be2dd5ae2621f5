package io.bactrian.engine.connector;

import io.bactrian.api.Splice;
import java.util.List;
import java.util.Map;

/**
 * What one of a request's two legs carries beside what the client sent.
 *
 * @param splices changes to the client's body, in ascending order
 * @param headers set in place of the client's
 */
public record Leg(List<Splice> splices, Map<String, String> headers) {

    /** The client's request as it is. */
    public static final Leg PLAIN = new Leg(List.of(), Map.of());

    public Leg {
        splices = List.copyOf(splices);
        headers = Map.copyOf(headers);
    }

    /** A leg without headers of its own. */
    public Leg(List<Splice> splices) {
        this(splices, Map.of());
    }
}
