package io.bactrian.scheduling.session;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.ResponseHeaders;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.RequestListener;
import java.util.List;

/**
 * The client keeps the pin: every answer carries the id of its endpoint in a header, and a request that brings it
 * back goes there again.
 */
final class EncodedEndpointPins implements SessionPins {
    private final String header;
    private final String profile;
    private final PinCode code;

    EncodedEndpointPins(String header, String profile, PinCode code) {
        this.header = header;
        this.profile = profile;
        this.code = code;
    }

    @Override
    public String pinOf(InferenceRequest request) {
        return code.read(request.header(header));
    }

    @Override
    public RequestListener follow(InferenceRequest request, List<EndpointState> candidates) {
        return new RequestListener() {
            private String served = "";

            @Override
            public void picked(Decision.Picked decision) {
                EndpointState chosen = SessionPins.chosen(decision, profile);
                served = chosen == null ? "" : chosen.endpoint().id();
            }

            @Override
            public void answerBegins(ResponseHeaders headers) {
                if (!served.isEmpty()) {
                    headers.set(header, code.write(served));
                }
            }
        };
    }
}
