package io.bactrian.request;

import java.util.regex.Pattern;

/** What a request may be called. */
public final class RequestId {
    /** What is allowed, for messages. */
    public static final String EXPECTED = "1 to 128 letters, digits or any of ._:-";

    private static final Pattern ALLOWED = Pattern.compile("[A-Za-z0-9._:-]{1,128}");

    private RequestId() {}

    /** Tells whether {@code id} may stand in logs, headers and paths as it is. */
    public static boolean isAllowed(String id) {
        return ALLOWED.matcher(id).matches();
    }
}
