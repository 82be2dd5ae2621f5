package io.bactrian.scheduling.scorer;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.Filter;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.Scorer;
import io.bactrian.scheduling.Scores;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Prefers endpoints that are set up for prompts of about this length, by a label such as {@code 0-8192}; may also leave the
 * others out.
 */
final class ContextLengthAware implements Scorer, Filter {
    private static final String DEFAULT_LABEL = "llm-d.ai/context-length-range";
    private static final Pattern RANGE = Pattern.compile("\\s*(\\d{1,9})\\s*-\\s*(\\d{1,9})\\s*");

    private final String label;
    private final boolean filters;

    /** Lengths of prompts in tokens, both ends included. */
    private record Range(int min, int max) {
        boolean contains(int tokens) {
            return min <= tokens && tokens <= max;
        }

        double score(int tokens) {
            if (!contains(tokens)) {
                int distance = tokens < min ? min - tokens : tokens - max;
                return 0.3 / (1 + distance / 1000.0);
            }
            int width = max - min;
            if (width == 0) {
                return 1;
            }
            double raw = 0.7 / (1 + width / 10_000.0) + 0.3 * (max - tokens) / width;
            return 0.3 + 0.7 * raw;
        }
    }

    private ContextLengthAware(String label, boolean filters) {
        this.label = label;
        this.filters = filters;
    }

    static ContextLengthAware create(PluginParameters parameters, PluginServices services) {
        String label = parameters.text("label", DEFAULT_LABEL);
        if (label.isEmpty()) {
            throw parameters.wrong("label", "empty", "the name of a label");
        }
        return new ContextLengthAware(label, parameters.flag("enableFiltering", false));
    }

    private static @Nullable Range range(String value) {
        Matcher matcher = RANGE.matcher(value);
        if (!matcher.matches()) {
            return null;
        }
        Range range = new Range(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
        return range.min <= range.max ? range : null;
    }

    @Override
    public Scores score(InferenceRequest request, List<EndpointState> candidates) {
        int tokens = request.promptTokens();
        return Scores.each(candidates, candidate -> {
            String value = candidate.endpoint().labels().get(label);
            if (value == null) {
                return 0.5;
            }
            Range range = range(value);
            return range == null ? 0 : range.score(tokens);
        });
    }

    @Override
    public List<EndpointState> filter(InferenceRequest request, List<EndpointState> candidates) {
        if (!filters) {
            return candidates;
        }
        int tokens = request.promptTokens();
        return candidates.stream().filter(candidate -> fits(candidate, tokens)).toList();
    }

    private boolean fits(EndpointState candidate, int tokens) {
        String value = candidate.endpoint().labels().get(label);
        if (value == null) {
            return true;
        }
        Range range = range(value);
        return range != null && range.contains(tokens);
    }
}
