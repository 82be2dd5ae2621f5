package io.bactrian.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Tells which sample lines belong to the series that a {@link MetricSpec} means. */
final class Series {
    private final byte[] name;
    private final List<byte[]> labels = new ArrayList<>(); // name, value, name, value, ...

    Series(MetricSpec spec) {
        name = spec.name().getBytes(UTF_8);
        for (Map.Entry<String, String> label : spec.labels().entrySet()) {
            labels.add(label.getKey().getBytes(UTF_8));
            labels.add(label.getValue().getBytes(UTF_8));
        }
    }

    boolean matches(MetricLine sample) {
        if (!sample.isNamed(name)) {
            return false;
        }
        for (int i = 0; i < labels.size(); i += 2) {
            if (!sample.isLabelled(labels.get(i), labels.get(i + 1))) {
                return false;
            }
        }
        return true;
    }
}
