package io.bactrian.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The settings that {@code /admin/config} reads and changes while a server runs.
 *
 * @param latency how long everything takes
 * @param failures random failures
 * @param metricsMode what the metric page shows
 */
record AdminConfig(LatencySettings latency, FailureInjection failures, MetricsMode metricsMode) {

    /** Returns all settings by name. */
    byte[] json() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("failure-injection-rate", failures.percent());
        failures.types().forEach(type -> json.withArray("/failure-types").add(type.word()));
        json.put("metrics-mode", metricsMode.word());
        json.put("latency-calculator", latency.calculator());
        json.put("time-factor-under-load", latency.factorUnderLoad());
        json.put("step-free-prefill-tokens", latency.freePrefillTokens());
        for (LatencyKey key : LatencyKey.values()) {
            json.put(key.word(), LatencyKey.format(latency.get(key)));
        }
        return json.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }

    /**
     * Returns the settings with {@code update} applied; nothing is changed unless all of it is right.
     *
     * @throws IllegalArgumentException if a field is unknown or its value is wrong
     */
    AdminConfig with(JsonNode update) {
        AdminConfig changed = this;
        for (Map.Entry<String, JsonNode> field : update.properties()) {
            changed = changed.with(field.getKey(), field.getValue());
        }
        changed.latency.toModel();
        return changed;
    }

    private AdminConfig with(String name, JsonNode value) {
        return switch (name) {
            case "failure-injection-rate" ->
                withFailures(new FailureInjection(wholeNumber(name, value), failures.types()));
            case "failure-types" -> withFailures(new FailureInjection(failures.percent(), failureTypes(value)));
            case "metrics-mode" -> new AdminConfig(latency, failures, MetricsMode.of(value.asText()));
            case "latency-calculator" -> withLatency(latency.withCalculator(value.asText()));
            case "step-free-prefill-tokens" -> withLatency(latency.withFreePrefillTokens(wholeNumber(name, value)));
            case "time-factor-under-load" -> withLatency(latency.withFactorUnderLoad(value.asDouble()));
            default -> withLatency(latency.with(key(name), nanos(name, value)));
        };
    }

    private AdminConfig withFailures(FailureInjection changed) {
        return new AdminConfig(latency, changed, metricsMode);
    }

    private AdminConfig withLatency(LatencySettings changed) {
        return new AdminConfig(changed, failures, metricsMode);
    }

    private static double nanos(String name, JsonNode value) {
        return key(name).parse(value.asText());
    }

    private static LatencyKey key(String name) {
        for (LatencyKey key : LatencyKey.values()) {
            if (key.word().equals(name)) {
                return key;
            }
        }
        throw new IllegalArgumentException(name + ": unknown (expected: a field that GET /admin/config lists)");
    }

    private static int wholeNumber(String name, JsonNode value) {
        if (!value.isIntegralNumber() || !value.canConvertToInt()) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: a whole number)");
        }
        return value.intValue();
    }

    private static List<FailureType> failureTypes(JsonNode value) {
        if (!value.isArray()) {
            throw new IllegalArgumentException("failure-types: " + value + " (expected: an array)");
        }
        List<FailureType> types = new ArrayList<>();
        value.forEach(type -> types.add(FailureType.of(type.asText())));
        return types;
    }
}
