package io.bactrian.endpoint;

/** Counts what is in flight beside an endpoint's own count. Called by many threads at once. */
@FunctionalInterface
public interface LoadMeter {

    /** Counts nothing. */
    LoadMeter NONE = (requests, tokens) -> {};

    /** Adds to the load, or takes away where the numbers are negative. */
    void add(int requests, long tokens);
}
