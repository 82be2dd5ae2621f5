package io.bactrian.endpoint;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * The models an endpoint says it serves.
 *
 * @param models in its own order
 * @param observedAt when it said so, by the router's clock
 * @param slack how much longer than other reports this one holds
 */
public record ServedModels(List<Model> models, Instant observedAt, Duration slack) {
    public ServedModels {
        models = List.copyOf(models);
    }

    /** Tells whether {@code name} is one of the models or adapters. */
    public boolean has(String name) {
        for (int i = 0; i < models.size(); i++) {
            if (models.get(i).id().equals(name)) {
                return true;
            }
        }
        return false;
    }

    /**
     * One model or adapter.
     *
     * @param id the name that requests ask for
     * @param parent the model that an adapter belongs to; empty for a model
     */
    public record Model(String id, String parent) {}
}
