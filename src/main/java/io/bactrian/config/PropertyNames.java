package io.bactrian.config;

import java.util.Locale;

/** How a record's component is spelled as a property and as an environment variable. */
final class PropertyNames {
    private PropertyNames() {}

    /** Returns {@code maxBodyBytes} as {@code max-body-bytes}. */
    static String kebab(String component) {
        return component.replaceAll("([a-z0-9])([A-Z])", "$1-$2").toLowerCase(Locale.ROOT);
    }

    /** Returns {@code bactrian.http.max-body-bytes} as {@code BACTRIAN_HTTP_MAX_BODY_BYTES}. */
    static String environment(String key) {
        return key.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT);
    }
}
