package io.bactrian.component.extproc;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.bactrian.endpoint.Endpoint;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints that a proxy lets a request go to: {@code ip:port}, or {@code ip} for every port of that address.
 *
 * <p>Source: filter metadata, namespace {@code envoy.lb.subset_hint}, a list of strings or one string with commas.
 */
record EndpointSubset(Set<String> entries) implements Predicate<Endpoint> {
    private static final String NAMESPACE = "envoy.lb.subset_hint";
    private static final String KEY = "x-gateway-destination-endpoint-subset";

    /** Returns the subset that {@code metadata} names, be it empty; null if it names none. */
    static @Nullable EndpointSubset of(Metadata metadata) {
        Struct namespace = metadata.getFilterMetadataMap().get(NAMESPACE);
        Value value = namespace == null ? null : namespace.getFieldsMap().get(KEY);
        if (value == null) {
            return null;
        }
        Set<String> entries = new HashSet<>();
        switch (value.getKindCase()) {
            case STRING_VALUE -> add(entries, value.getStringValue());
            case LIST_VALUE ->
                value.getListValue().getValuesList().forEach(item -> add(entries, item.getStringValue()));
            default -> {
                return null; // nothing that could name endpoints
            }
        }
        return new EndpointSubset(entries);
    }

    private static void add(Set<String> entries, String text) {
        for (String entry : text.split(",", -1)) {
            if (!entry.isBlank()) {
                entries.add(entry.strip());
            }
        }
    }

    @Override
    public boolean test(Endpoint endpoint) {
        String address = WireAddress.of(endpoint.address());
        String host = address.substring(0, address.lastIndexOf(':'));
        return entries.contains(address) || entries.contains(host) || entries.contains(withoutBrackets(host));
    }

    private static String withoutBrackets(String host) {
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }
}
