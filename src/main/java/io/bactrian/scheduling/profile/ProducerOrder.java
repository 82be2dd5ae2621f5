package io.bactrian.scheduling.profile;

import io.bactrian.request.DataKey;
import io.bactrian.scheduling.DataConsumer;
import io.bactrian.scheduling.DataProducer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Puts data producers into an order in which each runs after those whose data it reads. */
final class ProducerOrder {
    private final Map<String, DataProducer> producers; // by the name of the instance
    private final Set<String> path = new LinkedHashSet<>(); // from a consumer to what it waits for
    private final Set<String> placed = new LinkedHashSet<>();

    private ProducerOrder(Map<String, DataProducer> producers) {
        this.producers = producers;
    }

    /**
     * Returns the producers, otherwise in the order in which they are given.
     *
     * @throws IllegalArgumentException when some wait for each other, naming them
     */
    static List<DataProducer> of(Map<String, DataProducer> producers) {
        ProducerOrder order = new ProducerOrder(new LinkedHashMap<>(producers));
        order.producers.keySet().forEach(order::place);
        List<DataProducer> sorted = new ArrayList<>();
        order.placed.forEach(name -> sorted.add(producers.get(name)));
        return sorted;
    }

    private void place(String name) {
        if (placed.contains(name)) {
            return;
        }
        if (!path.add(name)) {
            throw new IllegalArgumentException("plugins: " + String.join(" reads from ", path) + " reads from " + name
                    + " (expected: data producers that do not wait for each other)");
        }
        if (producers.get(name) instanceof DataConsumer consumer) {
            consumer.consumes().forEach(key -> placeProducersOf(key, name));
            consumer.mayConsume().forEach(key -> placeProducersOf(key, name));
        }
        path.remove(name);
        placed.add(name);
    }

    private void placeProducersOf(DataKey<?> key, String consumer) {
        producers.forEach((name, producer) -> {
            if (!name.equals(consumer) && producer.produces().contains(key)) {
                place(name);
            }
        });
    }
}
