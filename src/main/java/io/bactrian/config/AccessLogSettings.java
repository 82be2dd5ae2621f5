package io.bactrian.config;

/**
 * The log with one line for each request.
 *
 * @param enabled whether it is written
 * @param file where it is written to, appending; standard output if empty
 */
public record AccessLogSettings(boolean enabled, String file) {

    /** No such log. */
    public static final AccessLogSettings DEFAULTS = new AccessLogSettings(false, "");
}
