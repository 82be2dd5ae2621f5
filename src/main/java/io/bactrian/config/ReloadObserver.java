package io.bactrian.config;

/** Is told of configurations that were read while the router runs, or at its start. */
@FunctionalInterface
public interface ReloadObserver {

    /** The scheduling file of {@code pool} was read; {@code taken} tells whether it is in force. */
    void reloaded(String pool, boolean taken);
}
