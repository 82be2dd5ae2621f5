package io.bactrian.scheduling;

import io.bactrian.request.DataKey;
import java.util.Set;

/** A plug-in that reads what data producers attached. */
public interface DataConsumer {

    /** Returns the keys whose values it cannot do without: a producer that nobody configured is added for them. */
    Set<DataKey<?>> consumes();

    /** Returns the keys whose values it uses if somebody produces them. */
    default Set<DataKey<?>> mayConsume() {
        return Set.of();
    }
}
