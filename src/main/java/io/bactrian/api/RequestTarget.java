package io.bactrian.api;

import io.bactrian.request.Api;

/**
 * Where a request goes, its path in the one form that every reader understands alike.
 *
 * @param api the kind of request
 * @param path the normalised path
 * @param query what stood behind the question mark, as it was; empty if nothing did
 */
public record RequestTarget(Api api, String path, String query) {

    /** Returns the target to send upstream. */
    public String forwarded() {
        return query.isEmpty() ? path : path + '?' + query;
    }
}
