package io.bactrian.scheduling.hook;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.ResponseHeaders;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.RequestHook;
import io.bactrian.scheduling.RequestListener;
import java.util.List;

/**
 * Tells the client which endpoint its proxy says has answered, for the conformance suite of gateways: that they report it is one
 * of the suite's demands. Without a report there is no header.
 */
final class ServedEndpointVerifier implements RequestHook {
    static final String TYPE = "destination-endpoint-served-verifier";

    private static final String HEADER = "x-conformance-test-served-endpoint";

    @Override
    public RequestListener follow(InferenceRequest request, List<EndpointState> candidates) {
        return new RequestListener() {
            @Override
            public void picked(Decision.Picked decision) {
                // What was picked is not what is asked for: a proxy may have gone elsewhere.
            }

            @Override
            public void answerBegins(ResponseHeaders headers) {
                String served = request.attributes().get(InferenceRequest.SERVED_ENDPOINT);
                if (served != null) {
                    headers.set(HEADER, served);
                }
            }
        };
    }
}
