package io.bactrian.scheduling.identity;

import io.bactrian.request.DataKey;
import io.bactrian.request.InferenceRequest;
import io.bactrian.scheduling.HeaderProcessor;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import java.util.ArrayList;
import java.util.List;

/** Takes the session of a coding agent, which its client sends under one of several names, for whom requests are counted to. */
final class AgentIdentity implements HeaderProcessor {
    static final String TYPE = "agent-identity";

    private static final DataKey<String> KEY = new DataKey<>(TYPE, "");
    private static final List<String> HEADERS =
            List.of("x-claude-code-session-id", "x-session-affinity", "session-id", "session_id");

    private final List<String> headers;

    private AgentIdentity(List<String> headers) {
        this.headers = headers;
    }

    static AgentIdentity create(PluginParameters parameters, PluginServices services) {
        List<String> headers = new ArrayList<>(parameters.texts("additionalSessionHeaders"));
        headers.addAll(HEADERS);
        return new AgentIdentity(List.copyOf(headers));
    }

    @Override
    public void process(InferenceRequest request) {
        for (String header : headers) {
            String value = request.header(header);
            if (!value.isEmpty()) {
                request.attributes().put(KEY, value);
                return;
            }
        }
    }
}
