package io.bactrian.flowcontrol;

import io.bactrian.request.InferenceRequest;
import io.bactrian.request.Objective;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/**
 * The objectives that requests may name, and what each promises. Safe between threads: {@link #replace} takes effect between
 * two requests.
 */
public final class Objectives {
    /** Names the objective; the second is the older name. */
    private static final String HEADER = "x-llm-d-inference-objective";

    private static final String OLDER_HEADER = "x-gateway-inference-objective";

    /** Says whom the request is counted to; the second is the older name. */
    private static final String FAIRNESS_HEADER = "x-llm-d-inference-fairness-id";

    private static final String OLDER_FAIRNESS_HEADER = "x-gateway-inference-fairness-id";

    private volatile Map<Key, Integer> priorities;

    /** @param priorities by objective, what they promise */
    public Objectives(Map<Key, Integer> priorities) {
        this.priorities = Map.copyOf(priorities);
    }

    /**
     * Names an objective.
     *
     * @param pool the pool whose requests may name it; empty for those of all pools
     */
    public record Key(String name, String pool) {}

    /** Takes {@code next} in place of all objectives. */
    public void replace(Map<Key, Integer> next) {
        priorities = Map.copyOf(next);
    }

    /** Returns how many there are. */
    public int size() {
        return priorities.size();
    }

    /**
     * Returns what {@code request} is promised: an objective that is not known promises nothing beyond priority 0.
     *
     * @param identity finds whom the request is counted to if its headers do not say; empty text for nobody
     */
    public Objective of(InferenceRequest request, String pool, Function<InferenceRequest, String> identity) {
        String name = request.context().headers().first(HEADER, OLDER_HEADER);
        String fairnessId = request.context().headers().first(FAIRNESS_HEADER, OLDER_FAIRNESS_HEADER);
        if (fairnessId.isEmpty()) {
            fairnessId = identity.apply(request);
        }
        if (name.isEmpty() && fairnessId.isEmpty()) {
            return Objective.NONE;
        }
        return new Objective(
                name, priority(name, pool), fairnessId.isEmpty() ? Objective.DEFAULT_FAIRNESS_ID : fairnessId);
    }

    private int priority(String name, String pool) {
        Map<Key, Integer> known = priorities;
        Integer ofPool = known.get(new Key(name, pool));
        return ofPool != null ? ofPool : Objects.requireNonNullElse(known.get(new Key(name, "")), 0);
    }
}
