package io.bactrian.scheduling;

import io.bactrian.endpoint.DataKey;
import java.util.Set;

/** A plug-in that reads what a data producer attached; one that nobody configured is added by itself. */
public interface DataConsumer {

    /** Returns the keys whose values it cannot do without. */
    Set<DataKey<?>> consumes();
}
