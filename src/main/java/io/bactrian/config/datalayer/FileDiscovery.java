package io.bactrian.config.datalayer;

/**
 * A file that lists the endpoints of a pool (llm-d's {@code file-discovery}).
 *
 * @param path the file, from the working folder on if it is relative
 * @param watch whether it is read again when it has changed
 */
public record FileDiscovery(String path, boolean watch) {}
