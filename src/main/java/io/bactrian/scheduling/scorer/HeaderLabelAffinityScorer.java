package io.bactrian.scheduling.scorer;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.Scorer;
import io.bactrian.scheduling.Scores;
import java.util.List;

/** Prefers endpoints that have the value of a request header as the value of a label. */
final class HeaderLabelAffinityScorer implements Scorer {
    private final String headerName;
    private final String labelKey;

    private HeaderLabelAffinityScorer(String headerName, String labelKey) {
        this.headerName = headerName;
        this.labelKey = labelKey;
    }

    static HeaderLabelAffinityScorer create(PluginParameters parameters, PluginServices services) {
        return new HeaderLabelAffinityScorer(
                parameters.requiredText("headerName"), parameters.requiredText("labelKey"));
    }

    @Override
    public Scores score(InferenceRequest request, List<EndpointState> candidates) {
        String wanted = request.header(headerName);
        return Scores.each(
                candidates,
                candidate -> !wanted.isEmpty()
                                && wanted.equals(candidate.endpoint().labels().get(labelKey))
                        ? 1
                        : 0);
    }
}
