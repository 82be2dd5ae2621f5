package io.bactrian.simulator;

import io.bactrian.simulator.engine.ConstantLatency;
import io.bactrian.simulator.engine.LatencyModel;
import io.bactrian.simulator.engine.PerTokenLatency;
import io.bactrian.simulator.engine.SequenceLatency;
import io.bactrian.simulator.engine.SequenceLatency.TokenLatency;
import io.bactrian.simulator.engine.StepLatency;
import java.util.EnumMap;
import java.util.Map;

/**
 * A latency model as settings that can be changed one at a time.
 *
 * @param calculator {@code step}, {@code constant} or {@code per-token}; empty: constant if a time to first token is
 *     set, else per-token
 * @param nanos the value of each key; 0 if absent
 * @param factorUnderLoad how much slower a full engine is than an idle one; not for {@code step}
 * @param freePrefillTokens prompt tokens of a step that cost nothing; only for {@code step}
 */
record LatencySettings(
        String calculator, Map<LatencyKey, Double> nanos, double factorUnderLoad, int freePrefillTokens) {
    LatencySettings {
        if (!calculator.matches("step|constant|per-token|")) {
            throw new IllegalArgumentException(
                    "latency-calculator: " + calculator + " (expected: step, constant or per-token)");
        }
        nanos = Map.copyOf(nanos);
    }

    static LatencySettings of(LatencyModel model) {
        Map<LatencyKey, Double> nanos = new EnumMap<>(LatencyKey.class);
        if (model instanceof StepLatency step) {
            nanos.put(LatencyKey.STEP_OVERHEAD, step.overheadNanos());
            nanos.put(LatencyKey.STEP_TIME_PER_PREFILL_TOKEN, step.perPrefillTokenNanos());
            nanos.put(LatencyKey.STEP_TIME_PER_SEQUENCE, step.perSequenceNanos());
            nanos.put(LatencyKey.STEP_TIME_PER_CONTEXT_TOKEN, step.perContextTokenNanos());
            return new LatencySettings("step", nanos, 1, step.freePrefillTokens());
        }
        TokenLatency following = ((SequenceLatency) model).following();
        nanos.put(LatencyKey.INTER_TOKEN_LATENCY, following.meanNanos());
        nanos.put(LatencyKey.INTER_TOKEN_LATENCY_STD_DEV, following.deviationNanos());
        if (model instanceof ConstantLatency constant) {
            nanos.put(LatencyKey.TIME_TO_FIRST_TOKEN, constant.firstTokenNanos());
            nanos.put(LatencyKey.TIME_TO_FIRST_TOKEN_STD_DEV, constant.firstTokenDeviationNanos());
            return new LatencySettings("constant", nanos, following.factorUnderLoad(), 0);
        }
        PerTokenLatency perToken = (PerTokenLatency) model;
        nanos.put(LatencyKey.PREFILL_OVERHEAD, perToken.overheadNanos());
        nanos.put(LatencyKey.PREFILL_TIME_PER_TOKEN, perToken.perTokenNanos());
        nanos.put(LatencyKey.PREFILL_TIME_STD_DEV, perToken.deviationNanos());
        return new LatencySettings("per-token", nanos, following.factorUnderLoad(), 0);
    }

    double get(LatencyKey key) {
        return nanos.getOrDefault(key, 0.0);
    }

    LatencySettings with(LatencyKey key, double value) {
        Map<LatencyKey, Double> changed = new EnumMap<>(LatencyKey.class);
        changed.putAll(nanos);
        changed.put(key, value);
        return new LatencySettings(calculator, changed, factorUnderLoad, freePrefillTokens);
    }

    LatencySettings withCalculator(String changed) {
        return new LatencySettings(changed, nanos, factorUnderLoad, freePrefillTokens);
    }

    LatencySettings withFactorUnderLoad(double changed) {
        return new LatencySettings(calculator, nanos, changed, freePrefillTokens);
    }

    LatencySettings withFreePrefillTokens(int changed) {
        return new LatencySettings(calculator, nanos, factorUnderLoad, changed);
    }

    LatencyModel toModel() {
        if (calculator.equals("step")) {
            return new StepLatency(
                    get(LatencyKey.STEP_OVERHEAD),
                    freePrefillTokens,
                    get(LatencyKey.STEP_TIME_PER_PREFILL_TOKEN),
                    get(LatencyKey.STEP_TIME_PER_SEQUENCE),
                    get(LatencyKey.STEP_TIME_PER_CONTEXT_TOKEN));
        }
        TokenLatency following = new TokenLatency(
                get(LatencyKey.INTER_TOKEN_LATENCY), get(LatencyKey.INTER_TOKEN_LATENCY_STD_DEV), factorUnderLoad);
        boolean isConstant =
                calculator.equals("constant") || (calculator.isEmpty() && get(LatencyKey.TIME_TO_FIRST_TOKEN) > 0);
        return isConstant
                ? new ConstantLatency(
                        get(LatencyKey.TIME_TO_FIRST_TOKEN), get(LatencyKey.TIME_TO_FIRST_TOKEN_STD_DEV), following)
                : new PerTokenLatency(
                        get(LatencyKey.PREFILL_OVERHEAD),
                        get(LatencyKey.PREFILL_TIME_PER_TOKEN),
                        get(LatencyKey.PREFILL_TIME_STD_DEV),
                        following);
    }
}
