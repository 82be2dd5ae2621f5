package io.bactrian.component.extproc;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import org.jspecify.annotations.Nullable;

/**
 * What a proxy tells with the head of an answer.
 *
 * @param status 0 if it does not say
 * @param served the endpoint that answers; empty if it does not say
 */
record AnswerHead(int status, AnswerReader.Kind kind, String served) {
    private static final String SERVED = "x-gateway-destination-endpoint-served";
    private static final String UPSTREAM_ADDRESS = "upstream.address";
    private static final int STATUS_DIGITS = 3;

    static AnswerHead of(ProcessingRequest message) {
        String status = "";
        String contentType = "";
        String contentEncoding = "";
        for (HeaderValue header : message.getResponseHeaders().getHeaders().getHeadersList()) {
            switch (header.getKey()) { // lower case, as proxies write them
                case ":status" -> status = ProxyHead.valueOf(header);
                case "content-type" -> contentType = ProxyHead.valueOf(header);
                case "content-encoding" -> contentEncoding = ProxyHead.valueOf(header);
                default -> {} // of no concern here
            }
        }
        return new AnswerHead(
                number(status), AnswerReader.Kind.of(contentType, contentEncoding), servedEndpoint(message));
    }

    private static int number(String status) {
        if (status.length() != STATUS_DIGITS) {
            return 0;
        }
        int number = 0;
        for (int i = 0; i < STATUS_DIGITS; i++) {
            int digit = status.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return 0;
            }
            number = number * 10 + digit;
        }
        return number;
    }

    /** Gateways tell it in their metadata, a plain Envoy in the attribute {@code upstream.address}. */
    private static String servedEndpoint(ProcessingRequest message) {
        Struct namespace = message.getMetadataContext().getFilterMetadataMap().get(Destination.METADATA);
        Value value = namespace == null ? null : namespace.getFieldsMap().get(SERVED);
        if (value == null) {
            value = upstreamAddress(message);
        }
        return value == null ? "" : value.getStringValue();
    }

    private static @Nullable Value upstreamAddress(ProcessingRequest message) {
        for (Struct attributes : message.getAttributesMap().values()) {
            Value value = attributes.getFieldsMap().get(UPSTREAM_ADDRESS);
            if (value != null) {
                return value;
            }
        }
        return null;
    }
}
