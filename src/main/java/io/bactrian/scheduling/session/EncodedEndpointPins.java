package io.bactrian.scheduling.session;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.ResponseHeaders;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.RequestListener;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;

/**
 * The client keeps the pin: every answer carries the id of its endpoint in a header, in base64, and a request that brings it
 * back goes there again.
 */
final class EncodedEndpointPins implements SessionPins {
    private final String header;
    private final String profile;

    EncodedEndpointPins(String header, String profile) {
        this.header = header;
        this.profile = profile;
    }

    @Override
    public String pinOf(InferenceRequest request) {
        String value = request.header(header);
        try {
            return new String(Base64.getDecoder().decode(value), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return ""; // what nobody wrote pins nothing
        }
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
                    headers.set(header, Base64.getEncoder().encodeToString(served.getBytes(StandardCharsets.UTF_8)));
                }
            }
        };
    }
}
