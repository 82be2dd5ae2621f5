package io.bactrian.simulator;

/** Ends the reading of a request with an error answer. */
final class RequestRefused extends Exception {
    private final transient ApiError error;

    RequestRefused(ApiError error) {
        super(error.message(), null, false, false);
        this.error = error;
    }

    ApiError error() {
        return error;
    }
}
