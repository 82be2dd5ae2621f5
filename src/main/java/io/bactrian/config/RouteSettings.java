package io.bactrian.config;

/**
 * Where routes come from.
 *
 * @param dir folder whose {@code *.camel.yaml} files replace built-in routes of the same file name and add others; empty
 *     for the built-in routes alone
 */
public record RouteSettings(String dir) {

    public static final RouteSettings DEFAULTS = new RouteSettings("");
}
